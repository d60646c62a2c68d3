import type { KubeObject } from "../core/meta.ts";
import { referenceGrants } from "../core/resources.ts";
import type { Kube } from "./api.ts";
import { ifNotFound } from "./errors.ts";

/** The ReferenceGrants of a namespace; none if the cluster does not know the kind. */
export async function listGrants<T extends KubeObject>(
  kube: Pick<Kube, "list">,
  namespace: string,
): Promise<readonly T[]> {
  const { items } = await kube.list<T>(referenceGrants, { namespace }).catch(ifNotFound({ items: [] }));
  return items;
}
