import type { Deployment, PodTemplate, ReplicaSet } from "../../kube/core/workloads.ts";
import { HASH_LABEL } from "../../rollout/keys.ts";
import { isComplete } from "../../rollout/stages/promote.ts";
import { surgePods } from "../../rollout/workload/surge.ts";
import { findByTemplate } from "../../rollout/workload/template.ts";

const DESIRED = "deployment.kubernetes.io/desired-replicas";
const MOST = "deployment.kubernetes.io/max-replicas";
const sizeOf = (set: ReplicaSet) => set.spec.replicas ?? 0;
const sum = (sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number) =>
  sets.reduce((n, set) => n + of(set), 0);
const desiredOf = (set: ReplicaSet) => Number(set.metadata.annotations?.[DESIRED]);
const availableOf = (set: ReplicaSet) => set.status?.availableReplicas ?? 0;

/**
 * One sync of the native Deployment controller (pkg/controller/deployment of Kubernetes 1.36: sync.go, rolling.go) on the
 * Deployment's ReplicaSets, oldest first. Changes them in place and adds the new one; `hash` gives its pod-template-hash.
 */
export function syncDeployment(
  deployment: Deployment,
  sets: ReplicaSet[],
  hash: (template: PodTemplate) => string,
): void {
  const current = findByTemplate(sets, deployment.spec.template);
  if (current) current.spec.minReadySeconds = deployment.spec.minReadySeconds;
  if (current) copyAnnotations(deployment, current);
  const wanted = replicasOf(deployment);
  const scaled = sets.some((set) => sizeOf(set) > 0 && desiredOf(set) !== wanted);
  if (deployment.spec.paused || scaled) scaleAll(deployment, sets, current);
  else roll(deployment, sets, current ?? create(deployment, sets, hash(deployment.spec.template)));
}

/**
 * The ReplicaSets that native control deletes (cleanupDeployment): while the Deployment is paused or complete, the oldest ones
 * beyond revisionHistoryLimit, if they have no pods. `old`: all but the new one, by revision.
 */
export function surplusOf(deployment: Deployment, old: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const { paused, revisionHistoryLimit = Number.POSITIVE_INFINITY } = deployment.spec;
  if (!paused && !isComplete({ deployment })) return [];
  const beyond = old.slice(0, Math.max(0, old.length - revisionHistoryLimit));
  return beyond.filter((set) => sizeOf(set) === 0 && (set.status?.replicas ?? 0) === 0);
}

/** Grows the new version as far as there is room; shrinks the old ones only if it did not grow. */
function roll(deployment: Deployment, sets: ReplicaSet[], fresh: ReplicaSet): void {
  if (!sets.includes(fresh)) sets.push(fresh);
  const wanted = replicasOf(deployment);
  const before = sizeOf(fresh);
  const room = wanted + surgeOf(deployment) - sum(sets, sizeOf);
  const size = before > wanted ? wanted : before + Math.max(0, Math.min(room, wanted - before));
  if (size !== before) resize(deployment, fresh, size);
  else shrinkOld(deployment, sets, fresh);
}

/** Removes unready pods of old versions first, then as many old pods as there are available new ones. */
function shrinkOld(deployment: Deployment, sets: ReplicaSet[], fresh: ReplicaSet): void {
  const old = sets.filter((set) => set !== fresh && sizeOf(set) > 0);
  const least = replicasOf(deployment) - unavailableOf(deployment);
  let spare = sum(sets, sizeOf) - least - (sizeOf(fresh) - availableOf(fresh));
  if (spare <= 0) return;
  for (const set of old) {
    const gone = Math.min(spare, sizeOf(set) - availableOf(set));
    if (gone <= 0) continue;
    spare -= gone;
    resize(deployment, set, sizeOf(set) - gone);
  }
  let surplus = sum(sets, (set) => Math.min(sizeOf(set), availableOf(set))) - least;
  for (const set of old) {
    const gone = Math.min(surplus, sizeOf(set));
    if (gone <= 0) continue;
    surplus -= gone;
    resize(deployment, set, sizeOf(set) - gone);
  }
}

/** Scales every version in proportion to its current size: after a change of replicas, and while paused. */
function scaleAll(deployment: Deployment, sets: ReplicaSet[], current: ReplicaSet | undefined): void {
  const wanted = replicasOf(deployment);
  const active = sets.filter((set) => sizeOf(set) > 0);
  if (active.length < 2) {
    const only = active[0] ?? current ?? sets.at(-1);
    if (only && sizeOf(only) !== wanted) resize(deployment, only, wanted);
    return;
  }
  if (
    current &&
    desiredOf(current) === wanted &&
    sizeOf(current) === wanted &&
    availableOf(current) === wanted
  ) {
    for (const set of active) if (set !== current) resize(deployment, set, 0);
    return;
  }
  const allowed = wanted > 0 ? wanted + surgeOf(deployment) : 0;
  const toAdd = allowed - sum(active, sizeOf);
  const age = (set: ReplicaSet) => sets.indexOf(set) * (toAdd > 0 ? -1 : 1);
  const bySize = active.toSorted((a, b) => sizeOf(b) - sizeOf(a) || age(a) - age(b));
  let added = 0;
  const sizes = bySize.map((set) => {
    const share = wanted === 0 ? -sizeOf(set) : fractionOf(deployment, set, allowed);
    const part =
      toAdd === added ? 0 : toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
    added += part;
    return sizeOf(set) + part;
  });
  bySize.forEach((set, i) => {
    resize(deployment, set, Math.max(0, (sizes[i] ?? 0) + (i === 0 && toAdd !== 0 ? toAdd - added : 0)));
  });
}

/** The number of pods to add so that a version keeps its part. After a scale to zero it has no part to keep. */
function fractionOf({ status }: Deployment, set: ReplicaSet, allowed: number): number {
  const before = Number(set.metadata.annotations?.[MOST] ?? 0) || (status?.replicas ?? 0);
  return before === 0 ? 0 : Math.round((sizeOf(set) * allowed) / before) - sizeOf(set);
}

function create(deployment: Deployment, sets: readonly ReplicaSet[], hash: string): ReplicaSet {
  const { name, namespace = "", uid = "" } = deployment.metadata;
  const { template } = deployment.spec;
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  const room = replicasOf(deployment) + surgeOf(deployment) - sum(sets, sizeOf);
  const set: ReplicaSet = {
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name, uid, controller: true }],
    },
    spec: {
      minReadySeconds: deployment.spec.minReadySeconds,
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
  copyAnnotations(deployment, set);
  resize(deployment, set, Math.max(0, Math.min(room, replicasOf(deployment))));
  return set;
}

function copyAnnotations(deployment: Deployment, set: ReplicaSet): void {
  set.metadata.annotations = { ...set.metadata.annotations, ...deployment.metadata.annotations };
}

function resize(deployment: Deployment, set: ReplicaSet, replicas: number): void {
  set.spec.replicas = replicas;
  const wanted = replicasOf(deployment);
  set.metadata.annotations = {
    ...set.metadata.annotations,
    [DESIRED]: String(wanted),
    [MOST]: String(wanted + surgeOf(deployment)),
  };
}

function replicasOf({ spec }: Deployment): number {
  return spec.replicas ?? 1;
}

function surgeOf({ spec }: Deployment): number {
  return surgePods(spec.strategy?.rollingUpdate?.maxSurge, spec.replicas ?? 1);
}

function unavailableOf({ spec }: Deployment): number {
  const most = spec.strategy?.rollingUpdate?.maxUnavailable ?? 0;
  const pods =
    typeof most === "number" ? most : Math.floor(((spec.replicas ?? 1) * Number.parseInt(most, 10)) / 100);
  return pods === 0 && surgePods(spec.strategy?.rollingUpdate?.maxSurge, 100) === 0 ? 1 : pods;
}
