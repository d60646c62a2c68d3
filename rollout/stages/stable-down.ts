import { isStranded, WAY_OUT } from "../workload/stable-down.ts";
import type { Decision } from "./decision.ts";
import { type Seen, stableOf } from "./snapshot.ts";

/** Adds to what is said of a rollout that its stable version serves nobody, and what to do about it. */
export function tellStranded(seen: Seen, decision: Decision): Decision {
  if (decision.says === undefined || !isStranded(stableOf(seen))) return decision;
  const { name, annotations } = seen.deployment.metadata;
  const revision = annotations?.["deployment.kubernetes.io/revision"];
  const order = `kubectl annotate deployment/${name} serin.dev/promote=${revision}`;
  const message = `${decision.says.message}. No stable pod is ready: ${order} ${WAY_OUT}`;
  return { ...decision, says: { ...decision.says, message } };
}
