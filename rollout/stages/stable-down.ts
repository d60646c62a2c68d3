import { isStableDown, WAY_OUT } from "../workload/stable-down.ts";
import type { Decision } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";

/** Adds to what is said of a rollout that its stable version serves nobody, and what to do about it. */
export function reportStableDown(snapshot: Snapshot, decision: Decision): Decision {
  if (decision.condition === undefined || !isStableDown(snapshot.stable)) return decision;
  const { name, annotations } = snapshot.deployment.metadata;
  const revision = annotations?.["deployment.kubernetes.io/revision"];
  const order = `kubectl annotate deployment/${name} serin.dev/promote=${revision}`;
  const message = `${decision.condition.message}. No stable pod is ready: ${order} ${WAY_OUT}`;
  return { ...decision, condition: { ...decision.condition, message } };
}
