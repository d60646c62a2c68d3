import type { BackendRef, Route, RouteKind } from "../../kube/core/routes.ts";
import { HELD } from "../keys.ts";
import { isRecord } from "../text/parse.ts";
import { isInstant, isListOf, readRecord } from "../text/stored-json.ts";
import type { Match } from "./matches.ts";
import { isSticky, type Sticky } from "./sticky.ts";

/** The flight of the Service that a ref names. */
export function shareFor(
  ref: BackendRef,
  shares: RouteRecord["shares"],
  home: string,
): RouteShare | undefined {
  if (!isService(ref)) return undefined;
  return Object.values(shares).find(
    (share) => share.namespace === (ref.namespace ?? home) && Object.hasOwn(share.canaryServices, ref.name),
  );
}

/** Whether a ref names a Service of the core API, not a backend of another kind. */
export function isService(ref: BackendRef): boolean {
  return (ref.group ?? "") === "" && (ref.kind ?? "Service") === "Service";
}

/** One rollout's share in a route. */
export interface RouteShare {
  /** Namespace of the Services. */
  readonly namespace: string;
  /** The user's Service → its twin. */
  readonly canaryServices: Readonly<Record<string, string>>;
  /** Percent of the Service's share that goes to its twin. */
  readonly weight: number;
  /** Who gets the canary whatever the weight. */
  readonly match?: readonly Match[];
  /** Percent of the Service's requests of which the canary gets a copy, whose answers nobody sees. */
  readonly mirror?: number;
  /** Users stay with the version that they got. */
  readonly sticky?: Sticky;
  /** When this was written (RFC 3339). */
  readonly since: string;
  /** Admission took the weight, because an undo is on its way: nobody raises it meanwhile. */
  readonly drained?: true;
}

/** The annotation `serin.dev/held` of a route: what the user wrote of all that we change, and who is in flight. */
export interface RouteRecord {
  /** Index among the user's rules → the fields that we changed. */
  readonly rules: Readonly<Record<string, Original>>;
  /** The indices of the rules that are ours. */
  readonly added?: readonly number[];
  /** Deployment's UID → its share; the oldest first, because twins are appended in this order. */
  readonly shares: Readonly<Record<string, RouteShare>>;
}

/** Fields of one rule as the user wrote them; null where the user wrote none. */
export interface Original {
  readonly backendRefs: readonly BackendRef[];
  readonly filters?: readonly unknown[] | null;
}

/** Where a route is, and of what kind. */
export interface Home {
  readonly namespace: string;
  readonly kind: RouteKind;
}

/** Of a route. */
export function homeOf({ kind, metadata }: Route): Home {
  return { namespace: metadata.namespace ?? "", kind: kind === "GRPCRoute" ? kind : "HTTPRoute" };
}

/** The route's record of what it was, if anything is in flight on it; none where somebody has written something else there. */
export function routeRecordOf(route: Route): RouteRecord | undefined {
  return readRecord(route.metadata.annotations?.[HELD], isHeldRoute);
}

function isHeldRoute(value: unknown): value is RouteRecord {
  if (!isRecord(value) || !isRecord(value.rules) || !isRecord(value.shares)) return false;
  const { rules, added = [], shares } = value;
  return (
    Object.values(rules).every((rule) => isRecord(rule) && isListOf(rule.backendRefs, isRecord)) &&
    isListOf(added, Number.isInteger) &&
    Object.values(shares).every(isFlight)
  );
}

function isFlight(value: unknown): value is RouteShare {
  if (!isRecord(value) || !isRecord(value.canaryServices)) return false;
  const { namespace, canaryServices, weight, match = [], mirror = 0, sticky, since } = value;
  const isPercent = (share: unknown) => typeof share === "number" && share >= 0 && share <= 100;
  return (
    typeof namespace === "string" &&
    Object.values(canaryServices).every((canaryService) => typeof canaryService === "string") &&
    isPercent(weight) &&
    isPercent(mirror) &&
    isListOf(match, isRecord) &&
    (sticky === undefined || isSticky(sticky)) &&
    isInstant(since)
  );
}

/** The rollout's share in this route, if it has one. */
export function shareOf(route: Route, uid: string): RouteShare | undefined {
  return routeRecordOf(route)?.shares[uid];
}

/** The same flights with one changed, added last, or (undefined) taken out. */
export function withShare(
  shares: RouteRecord["shares"],
  uid: string,
  share: RouteShare | undefined,
): RouteRecord["shares"] {
  if (share !== undefined) return { ...shares, [uid]: share };
  const { [uid]: _gone, ...rest } = shares;
  return rest;
}
