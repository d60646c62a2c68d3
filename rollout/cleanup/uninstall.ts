import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { FLIGHT } from "../keys.ts";
import { pastFailure } from "../stages/after-failure.ts";
import { instant } from "../text/instant.ts";
import { drained, isExposed } from "../traffic/exposure.ts";
import { routeRecordOf } from "../traffic/route-record.ts";
import { isIsolated } from "../traffic/service-record.ts";
import { writeSelector, writeShares, writeStableSelector } from "../traffic/writes.ts";
import { restoredFields } from "../workload/hold.ts";
import type { HoldRecord } from "../workload/hold-record.ts";
import { isUnended, lastRunOf, runRecordOf } from "../workload/run-record.ts";
import { isStableGone } from "../workload/stable-gone.ts";
import { findByHash, hashOf, onlyTemplate, presentOf } from "../workload/template.ts";
import {
  canaryCondition,
  writeConditions,
  writeEnd,
  writeHoldRecord,
  writeRunRecord,
} from "../workload/writes.ts";

/** The version that serves after the clean-up: the one in its native promotion, the stable one, or, without that, the present one. */
type Remaining = "promoted" | "stable" | "present";

/** A proven version in its native promotion continues. The stable version replaces any other unless its ReplicaSet is gone. */
export function remainingOf(held: HoldRecord, replicaSets: readonly ReplicaSet[]): Remaining {
  if (held.phase === "promoting") return "promoted";
  return isStableGone(held, findByHash(replicaSets, held.stable)) ? "present" : "stable";
}

/** Ends a Deployment's rollout without Serin, but its record stays until `writeLastWords`. A pause of Serin's own ends. */
export function endRollout(
  deployment: Deployment,
  held: HoldRecord,
  replicaSets: readonly ReplicaSet[],
): Write[] {
  if (held.phase === "promoting" || held.phase === "undone") return [];
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

/**
 * The last words about the rollout, and the end of its record. Without them, the condition tells of a canary for ever, and
 * the sweep takes a proven version that is gone for a promoted one: its next release would get no canary.
 */
export function writeLastWords(
  deployment: Deployment,
  held: HoldRecord,
  replicaSets: readonly ReplicaSet[],
  now: number,
): Write[] {
  const at = instant(now);
  const { uid = "" } = deployment.metadata;
  const remaining = remainingOf(held, replicaSets);
  const { status, reason, message } = lastWord(remaining, deployment, held, replicaSets);
  const gone = replicaSets.flatMap((set) => {
    const run = lastRunOf(set);
    if (remaining !== "stable" || !isUnended(run) || hashOf(set) === held.stable) return [];
    return [writeRunRecord(set, uid, { ...run, outcome: "undone", message, ended: at })];
  });
  const condition = canaryCondition({ status, reason, message }, at);
  return [...gone, writeConditions(deployment, [condition]), writeEnd(deployment)];
}

function lastWord(
  remaining: Remaining,
  deployment: Deployment,
  held: HoldRecord,
  replicaSets: readonly ReplicaSet[],
) {
  const judged = replicaSets.find((set) => runRecordOf(set, held.started));
  const run = judged && lastRunOf(judged);
  const undone = (message: string) => ({ status: "False", reason: "Undone", message }) as const;
  switch (remaining) {
    case "promoted":
      return { status: "True", reason: "Promoted", message: run?.message ?? "" } as const;
    case "present": {
      const present = presentOf(deployment, replicaSets);
      return undone(
        `ended without a canary: stable ${held.stable} was lost, ${present ? hashOf(present) : "the present version"} serves`,
      );
    }
    default:
      if (run?.outcome === "failed") return undone(pastFailure(run.message));
      return undone(
        `undone: ${held.stable} serves, ${judged?.metadata.name ?? "the new version"} is gone, by the clean-up command`,
      );
  }
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
