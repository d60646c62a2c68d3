import type { Kube } from "../kube/client/api.ts";
import { isForbidden, isNotFound } from "../kube/client/errors.ts";
import { deployments, replicaSets, routeKinds, services } from "../kube/core/resources.ts";
import { FLIGHT } from "../rollout/keys.ts";

/**
 * The kinds, by their plurals, that the user of this connection may not list: the dashboard shows rollouts without them.
 * Throws the API server's refusal if the user may not list Deployments.
 */
export async function unreadableKinds(
  kube: Pick<Kube, "list">,
  namespace: string | undefined,
): Promise<ReadonlySet<string>> {
  const tried = [deployments, replicaSets, services, ...routeKinds].map(async (resource) => {
    try {
      await kube.list(resource, { namespace }, { labelSelector: FLIGHT });
      return [];
    } catch (error) {
      // The kind is not installed.
      if (isNotFound(error)) return [];
      if (!isForbidden(error) || resource === deployments) throw error;
      return [resource.plural];
    }
  });
  return new Set((await Promise.all(tried)).flat());
}
