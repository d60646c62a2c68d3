import type { Kube } from "../kube/client/api.ts";
import { isForbidden } from "../kube/client/errors.ts";
import type { Condition } from "../kube/core/meta.ts";
import { deployments, pods } from "../kube/core/resources.ts";
import { formatSelector, predicateOf } from "../kube/core/selector.ts";
import type { Deployment, Pod } from "../kube/core/workloads.ts";
import { podReason } from "../rollout/stages/pod-reason.ts";
import type { Reply } from "./client.ts";
import { CHECK_LABEL } from "./objects.ts";

/** What the gateway says about the route, for a sentence. */
export function saidOf(conditions: readonly Condition[]): string {
  const said = conditions.map(
    ({ type, status, reason, message }) => `${type}=${status} (${reason}: ${message})`,
  );
  return said.length === 0 ? "no status" : said.join(", ");
}

/** What a request got, for a sentence. */
export function describeReply({ status, version, failure }: Reply): string {
  return failure === undefined ? `${status} ${version}`.trim() : `no answer (${failure})`;
}

/**
 * A sentence for each Deployment of the check without a ready pod: the reason of the pod, or the Deployment's condition if the user
 * may not read pods.
 */
export async function unreadyVersions(kube: Kube, namespace: string): Promise<readonly string[]> {
  const { items } = await kube.list<Deployment>(deployments, { namespace }, { labelSelector: CHECK_LABEL });
  const unready = items.filter(({ status }) => !status?.readyReplicas);
  if (unready.length === 0) return [];
  const found = await kube.list<Pod>(pods, { namespace }).catch((error: unknown) => {
    if (!isForbidden(error)) throw error;
    return { items: [] };
  });
  return unready.map(({ metadata, spec, status }) => {
    const isOwn = predicateOf({ labelSelector: formatSelector(spec.selector) });
    const pod = found.items.find(isOwn);
    const bad = status?.conditions?.find(
      (one) => (one.status === "True") === (one.type === "ReplicaFailure"),
    );
    const reason = pod === undefined ? bad?.message && `: ${bad.message}` : podReason(pod);
    return `Deployment ${metadata.name} has no ready pod${reason ?? ""}`;
  });
}
