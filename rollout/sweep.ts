import { heldServiceOf, isTwin } from "./isolation.ts";
import { FLIGHT } from "./keys.ts";
import type { ReplicaSet, Route, Service } from "./objects.ts";
import { heldRouteOf, withFlight } from "./overlay.ts";
import { lastRunOf } from "./run.ts";
import { type Decision, instant } from "./seen.ts";
import { deleteTwin, type Write, writeFlights, writeUnmark, writeWiden } from "./write.ts";

/**
 * Admission narrows the Services before the API server has stored the Deployment, and a later admission may still refuse
 * it: for so long (ms) a Service may be narrowed for a Deployment that is not in flight.
 */
const GRACE_MS = 10_000;

/** What carries our mark, and the UIDs of the Deployments that are in flight. */
export interface Marked {
  readonly now: number;
  readonly inFlight: ReadonlySet<string>;
  /** UIDs of Deployments that were seen in flight and are no more, with the instant (ms) they left. */
  readonly landed?: ReadonlyMap<string, number>;
  readonly services: readonly Service[];
  readonly routes: readonly Route[];
  readonly replicaSets: readonly ReplicaSet[];
}

/** Gives back what belongs to no rollout: its Deployment was deleted, recreated, or never took off. */
export function sweep(marked: Marked): Decision {
  const lost = (uid: string | undefined) => uid !== undefined && !marked.inFlight.has(uid);
  const routes = marked.routes.flatMap((route) => sweepRoute(route, lost));
  const orphans = marked.services.filter(({ metadata }) => lost(metadata.labels?.[FLIGHT]));
  const narrowed = orphans.filter((service) => !isTwin(service) && heldServiceOf(service) !== undefined);
  const late = narrowed.filter(
    (service) => ageOf(service, marked.now) >= GRACE_MS || hasLanded(service, marked),
  );
  // A twin goes after the routes that may name it have been given back, in a later look.
  const twins = routes.length === 0 ? orphans.filter(isTwin).map(deleteTwin) : [];
  const sets = marked.replicaSets.filter(({ metadata }) => lost(metadata.labels?.[FLIGHT]));
  const waits = narrowed.map((service) => GRACE_MS - ageOf(service, marked.now)).filter((ms) => ms > 0);
  return {
    writes: [...routes, ...twins, ...late.map(writeWiden), ...sets.map((set) => close(set, marked.now))],
    ...(waits.length > 0 ? { waitMs: Math.min(...waits) } : {}),
  };
}

function sweepRoute(route: Route, lost: (uid: string) => boolean): Write[] {
  const flights = heldRouteOf(route)?.flights ?? {};
  const gone = Object.keys(flights).filter(lost);
  if (gone.length === 0) return [];
  const kept = gone.reduce((rest, uid) => withFlight(rest, uid, undefined), flights);
  return [writeFlights(route, kept)];
}

function close(replicaSet: ReplicaSet, now: number): Write {
  const run = lastRunOf(replicaSet);
  if (run?.outcome === "proven")
    return writeUnmark(replicaSet, { ...run, outcome: "promoted", ended: instant(now) });
  if (run?.outcome === "running")
    return writeUnmark(replicaSet, { ...run, outcome: "undone", ended: instant(now) });
  return writeUnmark(replicaSet);
}

/** Narrowed for a flight that has ended (its Deployment was deleted), not for one that may be about to start. */
function hasLanded(service: Service, { landed }: Marked): boolean {
  const at = landed?.get(service.metadata.labels?.[FLIGHT] ?? "");
  return at !== undefined && Date.parse(heldServiceOf(service)?.since ?? "") < at;
}

function ageOf(service: Service, now: number): number {
  return now - Date.parse(heldServiceOf(service)?.since ?? "");
}
