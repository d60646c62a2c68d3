import { type HttpProxy, type Ingress, ingressOf } from "../core/ingresses.ts";
import type { KubeObject } from "../core/meta.ts";
import { httpProxies, ingresses, type Resource } from "../core/resources.ts";
import type { Kube } from "./api.ts";
import { isForbidden, isNotFound } from "./errors.ts";
import { listNamespace } from "./namespace-list.ts";

type Lists = Pick<Kube, "list">;

/** The Ingresses of a namespace. */
export function listIngresses(kube: Lists, namespace: string): Promise<readonly Ingress[]> {
  return listed<Ingress>(kube, ingresses, namespace);
}

/**
 * The same, and its HTTPProxies: Contour counts their requests with those of the routes. A cluster without Contour does not
 * serve them.
 */
export async function listLeading(kube: Lists, namespace: string): Promise<readonly Ingress[]> {
  const [found, proxies] = await Promise.all([
    listIngresses(kube, namespace),
    listed<HttpProxy>(kube, httpProxies, namespace),
  ]);
  return [...found, ...proxies.map(ingressOf)];
}

/**
 * From the API server's cache. Without the right to list them there are none: they serve messages alone, and must not keep a
 * rollout from its decision.
 */
async function listed<T extends KubeObject & { readonly spec?: object }>(
  kube: Lists,
  resource: Resource,
  namespace: string,
): Promise<readonly T[]> {
  try {
    return await listNamespace<T>(kube, resource, { namespace, resourceVersion: "0" }, lean);
  } catch (error) {
    if (isForbidden(error) || isNotFound(error)) return [];
    throw error;
  }
}

function lean<T extends KubeObject & { readonly spec?: object }>({
  metadata: { name, namespace },
  spec,
}: T): T {
  return { metadata: { name, ...(namespace !== undefined && { namespace }) }, ...(spec && { spec }) } as T;
}
