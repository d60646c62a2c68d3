import { conditionOf } from "../../kube/core/meta.ts";
import { isObserved } from "../../kube/core/observed.ts";
import { replicasOf, type Snapshot } from "./snapshot.ts";

/** On a ReplicaSet: the replicas of the Deployment when native control last scaled it. */
const NOTED = "deployment.kubernetes.io/desired-replicas";

/**
 * `: ` and why native control creates no ReplicaSet for the canary: the API server refuses it, as by a quota; or the stable version
 * has the right size and the note of another number, which native control takes for a scale that it still has to follow (sync.go).
 */
export function whyNoSet(snapshot: Snapshot): string {
  const { deployment, stable } = snapshot;
  const progressing = conditionOf(deployment.status?.conditions, "Progressing");
  if (progressing?.reason === "ReplicaSetCreateError") return `: ${progressing.message}`;
  const noted = stable?.metadata.annotations?.[NOTED];
  const replicas = replicasOf(deployment);
  if (noted === undefined || Number(noted) === replicas || stable?.spec.replicas !== replicas) return "";
  if (!isObserved(deployment)) return "";
  const { name } = deployment.metadata;
  return `: native control creates none, because ReplicaSet ${stable.metadata.name} is noted for ${noted} replicas and has ${replicas}: kubectl scale deployment/${name} to another number and back ends this`;
}
