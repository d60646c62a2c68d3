import type { Kube } from "../kube/client/api.ts";
import { listNamespace } from "../kube/client/namespace-list.ts";
import { deployments } from "../kube/core/resources.ts";
import type { Deployment } from "../kube/core/workloads.ts";
import { readLive } from "./live.ts";

/** The Deployments of the namespace of a request. */
export interface Neighbourhood {
  /** The Deployment of the request as the API server stores it; see readLive. */
  readonly live: Deployment | undefined;
  /** What tells whether a Service selects the pods of another Deployment. */
  readonly neighbours: readonly Deployment[];
}

/**
 * Lists the Deployments of the namespace from the API server's cache. If the cache holds another version of the Deployment than
 * the request changes, it may be late, and Serin reads the stored one. The same version may be late too, because the API server
 * may take the request's from this cache as well: it suffices for an answer and an isolation (readLive).
 */
export async function readNeighbourhood(kube: Kube, stored: Deployment): Promise<Neighbourhood> {
  const { namespace, name, uid, resourceVersion } = stored.metadata;
  const found: Deployment[] = [];
  const neighbours = await listNeighbours(kube, namespace, (deployment) => {
    const { metadata } = deployment;
    const isSame = metadata.name === name && metadata.uid === uid;
    if (isSame && metadata.resourceVersion === resourceVersion) found.push(deployment);
  });
  return { live: found[0] ?? (await readLive(kube, deployments, stored)), neighbours };
}

/** Lists the Deployments of the namespace from the API server's cache, each reduced to what Neighbourhood says. */
export async function listNeighbours(
  kube: Kube,
  namespace: string | undefined,
  onEach: (deployment: Deployment) => void = () => {},
): Promise<readonly Deployment[]> {
  return listNamespace<Deployment>(kube, deployments, { namespace, resourceVersion: "0" }, (deployment) => {
    onEach(deployment);
    return lean(deployment);
  });
}

function lean({ metadata: { name, uid }, spec }: Deployment): Deployment {
  const { labels } = spec.template.metadata ?? {};
  return {
    metadata: { name, ...(uid !== undefined && { uid }) },
    spec: {
      ...(spec.replicas !== undefined && { replicas: spec.replicas }),
      selector: spec.selector,
      template: { metadata: { ...(labels && { labels }) } },
    },
  };
}
