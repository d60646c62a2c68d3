import type { Verdict } from "../judge/verdict.ts";
import { describeExposure, shortly } from "../plan/grant.ts";
import { canaryPods } from "../workload/surge.ts";
import type { Wait } from "../workload/waits.ts";
import { orderCommand } from "./commands.ts";
import type { ConditionUpdate } from "./decision.ts";
import { grantedExposure, replicasOf, type Snapshot, stepIndex, wantedSurge } from "./snapshot.ts";
import { waitingFor } from "./wait.ts";

/** The condition of a step that has not lasted long enough. */
export function progressing(snapshot: Snapshot, verdict: Verdict): ConditionUpdate {
  const step = `step ${stepIndex(snapshot) + 1} of ${snapshot.plan.steps.length}`;
  const message = `canary has ${describeShare(snapshot)}, ${step}: ${verdict.message}`;
  return { status: "Unknown", reason: "Progressing", message };
}

/** The canary's share: exact at a gateway, and only approximate through a Service's pods. */
function describeShare(snapshot: Snapshot): string {
  if (snapshot.routes.length > 0) return describeExposure(grantedExposure(snapshot));
  const stable = replicasOf(snapshot.deployment);
  const pods = canaryPods(wantedSurge(snapshot), stable);
  return `${pods} of ${stable + pods} pods and their share of the traffic, as no route names its Services`;
}

/** The condition of a rollout that stays at its step until what it waits for comes. */
export function holding(snapshot: Snapshot, wait: Wait, why: string): ConditionUpdate {
  return waitingFor(wait, `holding at ${shortly(grantedExposure(snapshot))}: ${why}`);
}

/** What ends a pause: kubectl refuses `rollout undo` and `rollout restart` of a paused Deployment. */
export function afterPause(snapshot: Snapshot): string {
  const { name } = snapshot.deployment.metadata;
  return `kubectl rollout resume deployment/${name} continues, ${orderCommand(snapshot, "abort")} goes back`;
}

/** The orders by which a user ends an inconclusive rollout. */
export function decidingOrders(snapshot: Snapshot): string {
  return `${orderCommand(snapshot, "promote")} (or abort) decides`;
}
