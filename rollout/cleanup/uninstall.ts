import type { Route } from "../../kube/core/routes.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { instant } from "../text/instant.ts";
import { drained, isExposed } from "../traffic/exposure.ts";
import { heldRouteOf } from "../traffic/route-record.ts";
import { writeFlights } from "../traffic/writes.ts";
import { givenBack } from "../workload/hold.ts";
import type { Held } from "../workload/hold-record.ts";
import { hashOf, onlyTemplate } from "../workload/template.ts";
import { writeEnd, writeHeld } from "../workload/writes.ts";

/**
 * Ends a Deployment's rollout without Serin: a version in its native promotion was proven and goes on; any other gives way
 * to the stable one. `undefined` where the stable ReplicaSet is gone: then only a person can say what should serve.
 */
export function endRollout(
  deployment: Deployment,
  held: Held,
  replicaSets: readonly ReplicaSet[],
): Write[] | undefined {
  if (held.phase === "promoting" || held.phase === "undone") return [writeEnd(deployment)];
  const stable = replicaSets.find((set) => hashOf(set) === held.stable);
  if (stable === undefined) return undefined;
  const spec = {
    ...givenBack(held.originals),
    template: onlyTemplate(stable),
    ...(held.latched ? { paused: held.originals.paused } : {}),
  };
  const undone: Held = { ...held, phase: "undone" };
  return [writeHeld(deployment, undone, spec)];
}

/** No traffic for any canary of the route. */
export function drainAll(route: Route, now: number): Write[] {
  const flights = Object.entries(heldRouteOf(route)?.flights ?? {});
  if (!flights.some(([, flight]) => isExposed(flight))) return [];
  const without = flights.map(([uid, flight]) => [uid, drained(flight, instant(now))]);
  return [writeFlights(route, Object.fromEntries(without))];
}
