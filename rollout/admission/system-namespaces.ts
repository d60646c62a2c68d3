import type { Deployment } from "../../kube/core/workloads.ts";
import { isOptedIn } from "../plan/plan.ts";
import { holdRecordOf } from "../workload/hold-record.ts";
import { type AdmissionResponse, allowed, denied } from "./answer.ts";
import { cleanse } from "./cleanse.ts";

/**
 * The answer to a request about a Deployment of Serin's own namespace or of kube-system; undefined in every other
 * namespace. Serin starts no rollout there: while Serin is away, the API server would refuse the very change that brings
 * Serin or the cluster back. For the same reason, only a webhook with failurePolicy Ignore covers these namespaces, and
 * Serin refuses the opt-in only. A Deployment that was opted in while Serin was away gets a warning. A rollout that an
 * older Serin began there ends as elsewhere.
 */
export function answerInSystemNamespace(
  requested: Deployment,
  old: Deployment | undefined,
  own: string,
): AdmissionResponse | undefined {
  const { namespace = "", annotations } = requested.metadata;
  if (![own, "kube-system"].includes(namespace)) return undefined;
  if (old !== undefined && holdRecordOf(old) !== undefined) return undefined;
  const reason =
    `Serin starts no rollouts in namespace ${namespace}: while Serin is away, the API server would refuse new versions ` +
    "there; remove the annotation serin.dev/rollout";
  if (!isOptedIn(annotations)) return allowed(cleanse(requested, old));
  return isOptedIn(old?.metadata.annotations) ? allowed(cleanse(requested, old), [reason]) : denied(reason);
}
