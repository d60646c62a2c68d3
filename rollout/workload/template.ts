import { isObserved } from "../../kube/core/observed.ts";
import type { Deployment, PodTemplate, ReplicaSet } from "../../kube/core/workloads.ts";
import { HASH_LABEL } from "../keys.ts";
import { sameFields } from "./same-fields.ts";

/** The results so far. Each look at a rollout compares the same templates several times, and they may be 20 kB long. */
const compared = new WeakMap<PodTemplate, WeakMap<PodTemplate, boolean>>();

/**
 * Whether two pod templates are the same revision. The hash label is left out, as the native controller does when it
 * looks for a Deployment's ReplicaSet; hashes are read, never computed, because collisions change them.
 */
export function sameTemplate(a: PodTemplate, b: PodTemplate): boolean {
  const others = compared.get(a) ?? new WeakMap<PodTemplate, boolean>();
  compared.set(a, others);
  const same = others.get(b) ?? sameFields(withoutLabel(a), withoutLabel(b), "");
  others.set(b, same);
  return same;
}

/** The ReplicaSet's hash; "" for one that native control has adopted. */
export function hashOf(replicaSet: ReplicaSet): string {
  return replicaSet.metadata.labels?.[HASH_LABEL] ?? "";
}

/**
 * Whether somebody made the ReplicaSet by hand, without an owner, and native control adopted it for its labels. Native control
 * gives neither it nor its pods the label with the hash, by which Services select one version.
 */
export function lacksHash(replicaSet: ReplicaSet): boolean {
  return hashOf(replicaSet) === "";
}

/** The ReplicaSet with this hash; one that is being deleted does not count, because its pods go with it. */
export function findByHash(replicaSets: readonly ReplicaSet[], hash: string): ReplicaSet | undefined {
  return replicaSets.find(
    (replicaSet) => hashOf(replicaSet) === hash && replicaSet.metadata.deletionTimestamp === undefined,
  );
}

/** The ReplicaSet that runs this template: of several, the oldest, as native control chooses. */
export function findByTemplate(
  replicaSets: readonly ReplicaSet[],
  template: PodTemplate,
): ReplicaSet | undefined {
  return replicaSets
    .filter((replicaSet) => sameTemplate(replicaSet.spec.template, template))
    .reduce<ReplicaSet | undefined>(
      (oldest, set) => (oldest && !isOlder(set, oldest) ? oldest : set),
      undefined,
    );
}

/**
 * The ReplicaSet of a Deployment's template. If none has it in this form, the only one with pods, where native control
 * counts all of them as the present version's.
 */
export function presentOf(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
): ReplicaSet | undefined {
  const { spec, status } = deployment;
  const matched = findByTemplate(replicaSets, spec.template);
  if (matched !== undefined || !isObserved(deployment)) return matched;
  const [only, ...others] = replicaSets.filter((set) => (set.status?.replicas ?? 0) > 0);
  return others.length === 0 && only?.status?.replicas === status?.updatedReplicas ? only : undefined;
}

/** Native control's order: by age (whole seconds), then by name. */
function isOlder({ metadata: a }: ReplicaSet, { metadata: b }: ReplicaSet): boolean {
  const [created, other] = [a.creationTimestamp ?? "", b.creationTimestamp ?? ""];
  return created === other ? a.name < b.name : created < other;
}

/** The template without what native control added to it. */
function withoutLabel(template: PodTemplate): PodTemplate {
  const { [HASH_LABEL]: _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** A ReplicaSet's template as the Deployment had it. */
export function onlyTemplate(replicaSet: ReplicaSet): PodTemplate {
  return withoutLabel(replicaSet.spec.template);
}
