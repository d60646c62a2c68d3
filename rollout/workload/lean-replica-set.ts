import type { ReplicaSet } from "../../kube/core/workloads.ts";

/** The annotations that Serin reads: its own, and native control's revision. */
const READ = ["serin.dev/", "deployment.kubernetes.io/"];

/**
 * A ReplicaSet without managedFields and without the annotations that Serin does not read. Native control copies the Deployment's
 * annotations onto each of its ReplicaSets, so that those of other programs would count once for each version.
 */
export function leanReplicaSet(set: ReplicaSet): ReplicaSet {
  const { managedFields: _managedFields, annotations, ...metadata } = set.metadata;
  // An object that has only others keeps an empty map: a patch cannot add to a map that is not there.
  if (annotations === undefined) return { ...set, metadata };
  const kept = Object.entries(annotations).filter(([key]) => READ.some((prefix) => key.startsWith(prefix)));
  return { ...set, metadata: { ...metadata, annotations: Object.fromEntries(kept) } };
}
