import { type KubeObject, withoutTexts } from "../core/meta.ts";
import { referenceGrants } from "../core/resources.ts";
import type { Kube } from "./api.ts";
import { ifNotFound } from "./errors.ts";
import { listNamespace } from "./namespace-list.ts";

/** The ReferenceGrants of a namespace; none if the cluster does not know the kind. */
export async function listGrants<T extends KubeObject>(
  kube: Pick<Kube, "list">,
  namespace: string,
): Promise<readonly T[]> {
  return listNamespace<T>(kube, referenceGrants, { namespace }, withoutTexts).catch(ifNotFound([]));
}
