import * as v from "valibot";
import type { BackendRef, Route, RouteFilter, RouteKind } from "../../kube/core/routes.ts";
import { HELD } from "../keys.ts";
import { isRecord } from "../text/parse.ts";
import { amount, formatRecord, isNewer, list, map, readRecord, timestamp } from "../text/stored-json.ts";
import type { Match } from "./matches.ts";
import { isSticky, type Sticky } from "./sticky.ts";

/** The longest settle time that a plan may ask for, in ms: sweeps wait for it as well. */
export const LONGEST_SETTLE_MS = 600_000;

const percent = v.pipe(amount, v.maxValue(100));

/** The share of the rollout whose Service a ref names. */
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

const storedShare = v.object({
  /** Namespace of the Services. */
  namespace: v.string(),
  /** The user's Service → its canary Service. */
  twins: map(v.string()),
  /** Percent of the Service's share that goes to its canary Service. */
  weight: percent,
  /** The last weight above 0, in percent, and its rollout, if something took it: the run record may have missed it. */
  had: v.exactOptional(v.object({ rollout: timestamp, weight: percent })),
  /** Requests that get the canary whatever the weight. */
  match: v.exactOptional(list(v.custom<Match>(isRecord))),
  /** Percent of the Service's requests that are copied to the canary; the gateway drops the responses. */
  mirror: v.exactOptional(percent),
  /** Keeps users at the version that they got first. */
  sticky: v.exactOptional(v.custom<Sticky>(isSticky)),
  /** How long (ms) the gateway may take to follow a change, if the plan says it; others can forge it, so it is bounded. */
  settleMs: v.exactOptional(v.pipe(amount, v.maxValue(LONGEST_SETTLE_MS))),
  /** The gateway needs a rule that keeps the endpoints known (standby-rule.ts). */
  standby: v.exactOptional(v.literal(true)),
  /** The conditions that the route's parents did not meet before this share; absent: they met all. */
  unmet: v.exactOptional(list(v.string())),
  /** The user's Services that such a condition named: of their canary Services it says the same. */
  unresolved: v.exactOptional(list(v.string())),
  /** When this was written (RFC 3339). */
  since: timestamp,
  /** Admission drained the canary for an undo that is about to be stored. Until then, no step raises the weight. */
  drained: v.exactOptional(v.literal(true)),
  /** The rollout that this undo ends, and when admission marked the share; absent in a mark of an earlier Serin. */
  undo: v.exactOptional(v.object({ rollout: timestamp, at: timestamp })),
});
const share = v.pipe(
  storedShare,
  v.transform(({ twins: canaryServices, ...rest }) => ({ ...rest, canaryServices })),
);

/** One rollout's share in a route. */
export type RouteShare = Readonly<v.InferOutput<typeof share>>;

const original = v.object({
  backendRefs: list(v.custom<BackendRef>(isRecord)),
  filters: v.exactOptional(v.nullable(list(v.custom<RouteFilter>(isRecord)))),
});

/** Fields of one rule as the user wrote them; null where the user wrote none. */
export type Original = Readonly<v.InferOutput<typeof original>>;

const storedRecord = v.object({
  /** Index among the user's rules → the fields that Serin changed. */
  rules: map(original),
  /** The indices of the rules that Serin added. */
  added: v.exactOptional(list(v.pipe(v.number(), v.integer()))),
  /** Deployment's UID → its share; the oldest first, because canary Services are appended in this order. */
  flights: map(share),
});

/** The names of two fields in the annotation are older than those of the code: versions of Serin run side by side. */
const record = v.pipe(
  storedRecord,
  v.transform(({ flights: shares, ...rest }) => ({ ...rest, shares })),
);

/** The annotation `serin.dev/held` of a route: the user's own values of all that Serin changes, and each rollout's share. */
export type RouteRecord = Readonly<v.InferOutput<typeof record>>;

/** The namespace and the kind of a route. */
export interface Home {
  readonly namespace: string;
  readonly kind: RouteKind;
}

/** The home of a route. */
export function homeOf({ kind, metadata }: Pick<Route, "kind" | "metadata">): Home {
  return { namespace: metadata.namespace ?? "", kind: kind === "GRPCRoute" ? kind : "HTTPRoute" };
}

/** The record of a route in flight; `undefined` without one, or if the text is not a record. */
export function routeRecordOf({ metadata }: Route): RouteRecord | undefined {
  return readRecord(metadata.annotations, HELD, record);
}

/** Whether a newer Serin wrote the record. */
export function isRouteRecordNewer({ metadata }: Route): boolean {
  return isNewer(metadata.annotations, HELD, record);
}

/** The annotation's value. */
export function formatRouteRecord({ shares, ...rest }: RouteRecord): string {
  const flights = Object.entries(shares).map(([uid, { canaryServices: twins, ...share }]) => [
    uid,
    { ...share, twins },
  ]);
  return formatRecord({ ...rest, flights: Object.fromEntries(flights) });
}

/** The rollout's share in this route, if it has one. */
export function shareOf(route: Route, uid: string): RouteShare | undefined {
  return routeRecordOf(route)?.shares[uid];
}

/** The same shares with one changed, added last, or removed (`undefined`). */
export function withShare(
  shares: RouteRecord["shares"],
  uid: string,
  share: RouteShare | undefined,
): RouteRecord["shares"] {
  if (share !== undefined) return { ...shares, [uid]: share };
  const { [uid]: _removed, ...rest } = shares;
  return rest;
}
