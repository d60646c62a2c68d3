import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { FLIGHT } from "../keys.ts";
import { instant } from "../text/instant.ts";
import { drained, isExposed } from "../traffic/exposure.ts";
import { routeRecordOf } from "../traffic/route-record.ts";
import { isIsolated } from "../traffic/service-record.ts";
import { writeSelector, writeShares, writeStableSelector } from "../traffic/writes.ts";
import { restoredFields } from "../workload/hold.ts";
import type { HoldRecord } from "../workload/hold-record.ts";
import { runRecordOf } from "../workload/run-record.ts";
import { findByHash, onlyTemplate } from "../workload/template.ts";
import { writeEnd, writeHoldRecord } from "../workload/writes.ts";

/**
 * Ends a Deployment's rollout without Serin. A proven version in its native promotion continues. The stable version
 * replaces any other; if its ReplicaSet is gone, the present version stays. A pause of Serin's own ends.
 */
export function endRollout(
  deployment: Deployment,
  held: HoldRecord,
  replicaSets: readonly ReplicaSet[],
): Write[] {
  if (held.phase === "promoting" || held.phase === "undone") return [writeEnd(deployment)];
  const stable = findByHash(replicaSets, held.stable);
  const isPausedBySerin =
    held.latched || replicaSets.some((set) => runRecordOf(set, held.started)?.paused === true);
  const spec = {
    ...restoredFields(deployment.spec, held.originals),
    ...(stable && { template: onlyTemplate(stable) }),
    ...(isPausedBySerin ? { paused: held.originals.paused } : {}),
  };
  const undone: HoldRecord = { ...held, phase: "undone" };
  return [writeHoldRecord(deployment, undone, spec)];
}

/** Restores the Services that are isolated for this Deployment, to its present version or to the stable one, which came back. */
export function restoreIsolated(
  { metadata }: Deployment,
  services: readonly Service[],
  to: "present" | "stable",
): Write[] {
  return services
    .filter((service) => service.metadata.labels?.[FLIGHT] === metadata.uid)
    .filter((service) => service.metadata.namespace === metadata.namespace)
    .filter(isIsolated)
    .map(to === "present" ? writeSelector : writeStableSelector);
}

/** Takes the traffic of every canary from the route. */
export function drainAll(route: Route, now: number): Write[] {
  const shares = Object.entries(routeRecordOf(route)?.shares ?? {});
  if (!shares.some(([, share]) => isExposed(share))) return [];
  const without = shares.map(([uid, share]) => [uid, drained(share, instant(now))]);
  return [writeShares(route, Object.fromEntries(without))];
}
