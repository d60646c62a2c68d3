import { conditionOf } from "../../kube/core/meta.ts";
import type { Snapshot } from "./snapshot.ts";

/** `: ` and why native control cannot create the canary's ReplicaSet, as by a quota; "" if nothing is known. */
export function whyNoSet({ deployment }: Snapshot): string {
  const progressing = conditionOf(deployment.status?.conditions, "Progressing");
  return progressing?.reason === "ReplicaSetCreateError" ? `: ${progressing.message}` : "";
}
