import type { Deployment } from "../../kube/core/workloads.ts";
import { annotations as table } from "../plan/annotations.ts";
import { planKeys } from "../plan/layers.ts";
import { isOptedIn } from "../plan/plan.ts";
import { holdRecordOf } from "../workload/hold-record.ts";
import { sameTemplate } from "../workload/template.ts";

/**
 * Whether an answer needs the defaults of now: for a new version and, at rest, for a new plan. In flight, where they are
 * kept, when another profile is named and when a retry begins anew.
 */
export function needsDefaultSources(requested: Deployment, old: Deployment | null): boolean {
  const now = requested.metadata.annotations ?? {};
  const before = old?.metadata.annotations ?? {};
  const held = old === null ? undefined : holdRecordOf(old);
  const keys = held === undefined ? planKeys : [table.profile.key, table.retry.key];
  const another = old !== null && !sameTemplate(requested.spec.template, old.spec.template);
  // Our own answer to a retry comes with the record of another rollout, if it is asked about again.
  const retried = held !== undefined && (holdRecordOf(requested)?.started ?? held.started) !== held.started;
  return isOptedIn(now) && (another || retried || keys.some((key) => now[key] !== before[key]));
}

/** Another profile that is named in flight changes nothing that runs. */
export function keptWarning(requested: Deployment, old: Deployment): readonly string[] {
  const { key } = table.profile;
  if (requested.metadata.annotations?.[key] === old.metadata.annotations?.[key]) return [];
  return [`serin: ${key} counts from the next rollout on; the one in flight keeps what it began with`];
}
