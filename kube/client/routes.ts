import type { KubeObject } from "../core/meta.ts";
import { routeKinds } from "../core/resources.ts";
import type { Kube, Query, Where } from "./api.ts";
import { ifNotFound } from "./errors.ts";

/**
 * The routes of all kinds, by default of all namespaces; none of a kind that is not installed. Throws as Kube does, and of two
 * refusals that of the first kind: whichever comes first would change what people read from one time to the next.
 */
export async function listRoutes<T extends KubeObject>(
  kube: Kube,
  query: Query = {},
  where: Pick<Where, "namespace"> = {},
): Promise<T[]> {
  const lists = await Promise.allSettled(
    routeKinds.map((kind) => kube.list<T>(kind, where, query).catch(ifNotFound({ items: [] }))),
  );
  return lists.flatMap((list) => {
    if (list.status === "rejected") throw list.reason;
    return list.value.items;
  });
}
