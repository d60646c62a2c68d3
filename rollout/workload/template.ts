import type { PodTemplate, ReplicaSet } from "../../kube/core/workloads.ts";
import { HASH_LABEL } from "../keys.ts";
import { equal } from "../text/equal.ts";

const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";

/**
 * Whether two pod templates are the same revision. The hash label is left out, as the native controller does when it
 * looks for a Deployment's ReplicaSet; hashes are read, never computed, because collisions change them.
 */
export function sameTemplate(a: PodTemplate, b: PodTemplate): boolean {
  return equal(withoutLabel(a), withoutLabel(b));
}

/** Whether the only difference is what `kubectl rollout restart` writes. */
export function onlyRestarted(a: PodTemplate, b: PodTemplate): boolean {
  return !sameTemplate(a, b) && sameTemplate(withoutRestart(a), withoutRestart(b));
}

/** The ReplicaSet's hash; every ReplicaSet of a Deployment has one. */
export function hashOf(replicaSet: ReplicaSet): string {
  return replicaSet.metadata.labels?.[HASH_LABEL] ?? "";
}

/** The ReplicaSet with this hash; one that is being deleted does not count, because its pods go with it. */
export function findByHash(replicaSets: readonly ReplicaSet[], hash: string): ReplicaSet | undefined {
  return replicaSets.find(
    (replicaSet) => hashOf(replicaSet) === hash && replicaSet.metadata.deletionTimestamp === undefined,
  );
}

/** The ReplicaSet that runs this template. */
export function findByTemplate(
  replicaSets: readonly ReplicaSet[],
  template: PodTemplate,
): ReplicaSet | undefined {
  return replicaSets.find((replicaSet) => sameTemplate(replicaSet.spec.template, template));
}

/** The template without what native control added to it. */
function withoutLabel(template: PodTemplate): PodTemplate {
  const { [HASH_LABEL]: _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

function withoutRestart(template: PodTemplate): PodTemplate {
  const { [RESTARTED_AT]: _at, ...annotations } = template.metadata?.annotations ?? {};
  const { annotations: _all, ...metadata } = template.metadata ?? {};
  return {
    ...template,
    metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata,
  };
}

/** A ReplicaSet's template as the Deployment had it. */
export function onlyTemplate(replicaSet: ReplicaSet): PodTemplate {
  return withoutLabel(replicaSet.spec.template);
}
