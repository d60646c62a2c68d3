import type { Answer } from "./answer.ts";
import { withWarnings } from "./answer.ts";
import type { ReplicaSet } from "./objects.ts";
import { type Decision, type Seen, stableOf } from "./seen.ts";

/** What is in flight may be the very fix; its steps would only keep it from the users. */
const WAY_OUT = "ships this version at once";

/** Whether a version has pods of which none is well: whom the route sends there gets errors. */
function isStranded(replicaSet: ReplicaSet | undefined): boolean {
  const { replicas = 0, readyReplicas = 0 } = replicaSet?.status ?? {};
  return replicas > 0 && readyReplicas === 0;
}

/** Adds to what is said of a rollout that its stable version serves nobody, and what to do about it. */
export function tellStranded(seen: Seen, decision: Decision): Decision {
  if (decision.says === undefined || !isStranded(stableOf(seen))) return decision;
  const { name, annotations } = seen.deployment.metadata;
  const revision = annotations?.["deployment.kubernetes.io/revision"];
  const order = `kubectl annotate deployment/${name} serin.dev/promote=${revision}`;
  const message = `${decision.says.message}. No stable pod is ready: ${order} ${WAY_OUT}`;
  return { ...decision, says: { ...decision.says, message } };
}

/** The same for whoever asks for the next version while the stable one is in that state. */
export function warnStranded(answer: Answer, stable: ReplicaSet | undefined): Answer {
  if (!isStranded(stable)) return answer;
  const warning = `serin: no stable pod is ready: annotating serin.dev/promote with the new revision ${WAY_OUT}`;
  return withWarnings(answer, [warning]);
}
