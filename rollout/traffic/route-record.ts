import type { BackendRef, Route, RouteKind } from "../../kube/core/routes.ts";
import { HELD } from "../keys.ts";
import { isRecord } from "../text/parse.ts";
import { isInstant, isListOf, readRecord } from "../text/stored-json.ts";
import type { Match } from "./matches.ts";
import { isSticky, type Sticky } from "./sticky.ts";

/** The flight of the Service that a ref names. */
export function flightFor(ref: BackendRef, flights: HeldRoute["flights"], home: string): Flight | undefined {
  if (!isService(ref)) return undefined;
  return Object.values(flights).find(
    (flight) => flight.namespace === (ref.namespace ?? home) && Object.hasOwn(flight.twins, ref.name),
  );
}

/** Whether a ref names a Service of the core API, not a backend of another kind. */
export function isService(ref: BackendRef): boolean {
  return (ref.group ?? "") === "" && (ref.kind ?? "Service") === "Service";
}

/** One rollout's share in a route. */
export interface Flight {
  /** Namespace of the Services. */
  readonly namespace: string;
  /** The user's Service → its twin. */
  readonly twins: Readonly<Record<string, string>>;
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
export interface HeldRoute {
  /** Index among the user's rules → the fields that we changed. */
  readonly rules: Readonly<Record<string, Original>>;
  /** The indices of the rules that are ours. */
  readonly added?: readonly number[];
  /** Deployment's UID → its share; the oldest first, because twins are appended in this order. */
  readonly flights: Readonly<Record<string, Flight>>;
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
export function heldRouteOf(route: Route): HeldRoute | undefined {
  return readRecord(route.metadata.annotations?.[HELD], isHeldRoute);
}

function isHeldRoute(value: unknown): value is HeldRoute {
  if (!isRecord(value) || !isRecord(value.rules) || !isRecord(value.flights)) return false;
  const { rules, added = [], flights } = value;
  return (
    Object.values(rules).every((rule) => isRecord(rule) && isListOf(rule.backendRefs, isRecord)) &&
    isListOf(added, Number.isInteger) &&
    Object.values(flights).every(isFlight)
  );
}

function isFlight(value: unknown): value is Flight {
  if (!isRecord(value) || !isRecord(value.twins)) return false;
  const { namespace, twins, weight, match = [], mirror = 0, sticky, since } = value;
  const isPercent = (share: unknown) => typeof share === "number" && share >= 0 && share <= 100;
  return (
    typeof namespace === "string" &&
    Object.values(twins).every((twin) => typeof twin === "string") &&
    isPercent(weight) &&
    isPercent(mirror) &&
    isListOf(match, isRecord) &&
    (sticky === undefined || isSticky(sticky)) &&
    isInstant(since)
  );
}

/** The rollout's share in this route, if it has one. */
export function flightOf(route: Route, uid: string): Flight | undefined {
  return heldRouteOf(route)?.flights[uid];
}

/** The same flights with one changed, added last, or (undefined) taken out. */
export function withFlight(
  flights: HeldRoute["flights"],
  uid: string,
  flight: Flight | undefined,
): HeldRoute["flights"] {
  if (flight !== undefined) return { ...flights, [uid]: flight };
  const { [uid]: _gone, ...rest } = flights;
  return rest;
}
