import type { Deployment } from "../../kube/core/workloads.ts";
import { annotations as table } from "../plan/annotations.ts";
import { planKeys } from "../plan/layers.ts";
import { isOptedIn } from "../plan/plan.ts";
import { holdRecordOf } from "../workload/hold-record.ts";
import { sameTemplate } from "../workload/template.ts";

/**
 * Whether an answer needs the current defaults: for a new version and, at rest, for a new plan. In flight, where the rollout
 * keeps its defaults, for another profile and for a retry.
 */
export function needsDefaultSources(requested: Deployment, old: Deployment | null): boolean {
  const now = requested.metadata.annotations ?? {};
  const before = old?.metadata.annotations ?? {};
  const held = old === null ? undefined : holdRecordOf(old);
  const keys = held === undefined ? planKeys : [table.profile.key, table.retry.key];
  const another = old !== null && !sameTemplate(requested.spec.template, old.spec.template);
  // If the API server asks again with Serin's answer to a retry, it carries the record of another rollout.
  const retried = held !== undefined && (holdRecordOf(requested)?.started ?? held.started) !== held.started;
  return isOptedIn(now) && (another || retried || keys.some((key) => now[key] !== before[key]));
}

/** Warns that another profile does not change the rollout in flight. */
export function keptWarning(requested: Deployment, old: Deployment): readonly string[] {
  const { key } = table.profile;
  if (requested.metadata.annotations?.[key] === old.metadata.annotations?.[key]) return [];
  return [`${key} counts from the next rollout on; the one in flight keeps what it began with`];
}
