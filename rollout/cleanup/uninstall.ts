import type { Route } from "../../kube/core/routes.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { instant } from "../text/instant.ts";
import { drained, isExposed } from "../traffic/exposure.ts";
import { routeRecordOf } from "../traffic/route-record.ts";
import { writeShares } from "../traffic/writes.ts";
import { restoredFields } from "../workload/hold.ts";
import type { HoldRecord } from "../workload/hold-record.ts";
import { findByHash, onlyTemplate } from "../workload/template.ts";
import { writeEnd, writeHoldRecord } from "../workload/writes.ts";

/**
 * Ends a Deployment's rollout without Serin. A proven version in its native promotion continues. The stable version
 * replaces any other. `undefined` if the stable ReplicaSet is gone: then only a person can choose the version.
 */
export function endRollout(
  deployment: Deployment,
  held: HoldRecord,
  replicaSets: readonly ReplicaSet[],
): Write[] | undefined {
  if (held.phase === "promoting" || held.phase === "undone") return [writeEnd(deployment)];
  const stable = findByHash(replicaSets, held.stable);
  if (stable === undefined) return undefined;
  const spec = {
    ...restoredFields(deployment.spec, held.originals),
    template: onlyTemplate(stable),
    ...(held.latched ? { paused: held.originals.paused } : {}),
  };
  const undone: HoldRecord = { ...held, phase: "undone" };
  return [writeHoldRecord(deployment, undone, spec)];
}

/** Takes the traffic of every canary from the route. */
export function drainAll(route: Route, now: number): Write[] {
  const shares = Object.entries(routeRecordOf(route)?.shares ?? {});
  if (!shares.some(([, share]) => isExposed(share))) return [];
  const without = shares.map(([uid, share]) => [uid, drained(share, instant(now))]);
  return [writeShares(route, Object.fromEntries(without))];
}
