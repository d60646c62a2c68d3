import type { Deployment } from "./workloads.ts";

/** Whether native control has seen the Deployment as it stands. Before, its status tells of an earlier spec. */
export function isObserved({ metadata, status }: Pick<Deployment, "metadata" | "status">): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}
