import type { Deployment } from "../../kube/core/workloads.ts";
import { forbidden, type HookHost } from "../hooks/hosts.ts";
import type { Hook } from "../plan/hooks.ts";
import { holdRecordOf } from "../workload/hold-record.ts";
import { type AdmissionResponse, denied } from "./answer.ts";

const KEY = "serin.dev/hooks";

/**
 * The same answer, or a refusal if new hooks, or a rollout that begins with them, name a host that Serin must not call. A
 * request that leads back to the stable version is never refused.
 */
export function checkHookHosts(
  answer: AdmissionResponse,
  old: Deployment | null,
  hooks: (object: Deployment) => readonly Hook[],
  allowed: readonly HookHost[],
): AdmissionResponse {
  if (!answer.allowed) return answer;
  const { object } = answer;
  const held = holdRecordOf(object);
  const same = object.metadata.annotations?.[KEY] === old?.metadata.annotations?.[KEY];
  const begins = held !== undefined && held.started !== (old && holdRecordOf(old)?.started);
  if (held?.phase === "undone" || (same && !begins)) return answer;
  const complaints = hooks(object).flatMap((hook) => forbidden(hook, allowed) ?? []);
  return complaints.length === 0 ? answer : denied(complaints.map((what) => `${KEY}: ${what}`).join("\n"));
}
