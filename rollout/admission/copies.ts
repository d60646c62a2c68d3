import type { Deployment, DeploymentSpec, ReplicaSet } from "../../kube/core/workloads.ts";
import { HELD } from "../keys.ts";
import { isHeld, leftHold, pause } from "../workload/hold.ts";
import { holdRecordOf } from "../workload/hold-record.ts";
import { findByHash, onlyTemplate } from "../workload/template.ts";

/**
 * What a Deployment is created from: a manifest as it is, or a copy that was taken in flight (a dump, a backup, an export to
 * Git) and whose template was not proven then. Native control would give such a template all traffic, since nothing serves
 * next to it. So the stable template takes its place, if the namespace still has its ReplicaSet.
 */
export function uncopied(
  requested: Deployment,
  replicaSets: readonly ReplicaSet[],
): { readonly object: Deployment; readonly warnings: readonly string[] } | { readonly refusal: string } {
  const record = holdRecordOf(requested);
  const isUnread = record === undefined && requested.metadata.annotations?.[HELD] !== undefined;
  const isSafe = isUnread
    ? !isHeld(requested.spec)
    : record === undefined || record.phase === "promoting" || record.phase === "undone";
  if (isSafe) return { object: requested, warnings: [] };
  const version = record?.phase === "failed" ? "failed as a canary" : "was not proven";
  const what = `this is a copy of a Deployment in flight, and its version ${version}`;
  const stable = record && findByHash(replicaSets, record.stable);
  if (stable === undefined) {
    const ways = `set the stable version's template, or remove annotation ${HELD} to give this version all traffic`;
    return { refusal: `${what}: ${ways}` };
  }
  // In a pause, native control would keep the canary's restored pods, and Services would lead to them.
  const spec: DeploymentSpec = pause({ ...requested.spec, template: onlyTemplate(stable) }, false);
  const pauseGoes = requested.spec.paused ? " and removes the pause" : "";
  const done = `Serin puts back the stable version of ReplicaSet ${stable.metadata.name}${pauseGoes}; set the other one again for a canary`;
  return { object: { ...requested, spec }, warnings: [`${what}: ${done}`] };
}

/** Warns that a request had values of the hold without a record, and that Serin has removed them. */
export function healedWarnings(requested: Deployment, object: Deployment): readonly string[] {
  if (holdRecordOf(requested) !== undefined) return [];
  const kept = leftHold(object.spec);
  const healed = leftHold(requested.spec).filter((field) => !kept.includes(field));
  if (healed.length === 0) return [];
  const values = healed.map((field) => `${field}: ${requested.spec[field]}`).join(", ");
  return [
    `${values} came from a copy of a Deployment in flight: Serin removes this, and native control uses its defaults; ` +
      "the copy's version may not be proven, and its strategy may not be yours",
  ];
}
