import type { Ingress } from "../core/ingresses.ts";
import { ingresses } from "../core/resources.ts";
import type { Kube } from "./api.ts";
import { isForbidden } from "./errors.ts";
import { listNamespace } from "./namespace-list.ts";

/**
 * The Ingresses of a namespace, from the API server's cache. Without the right to list them there are none: they serve
 * messages alone, and must not keep a rollout from its decision.
 */
export async function listIngresses(
  kube: Pick<Kube, "list">,
  namespace: string,
): Promise<readonly Ingress[]> {
  try {
    return await listNamespace<Ingress>(kube, ingresses, { namespace, resourceVersion: "0" }, lean);
  } catch (error) {
    if (isForbidden(error)) return [];
    throw error;
  }
}

function lean({ metadata: { name, namespace }, spec }: Ingress): Ingress {
  return { metadata: { name, ...(namespace !== undefined && { namespace }) }, ...(spec && { spec }) };
}
