import { type KubeObject, withoutManagedFields } from "../core/meta.ts";
import type { Resource } from "../core/resources.ts";
import type { Kube, Query } from "./api.ts";

const MI = 1024 * 1024;
/** The most characters of JSON that a list keeps. */
const MOST_KEPT = 4 * MI;
/** The most bytes of JSON that Serin reads for a list. */
const MOST_READ = 64 * MI;

/** The objects of the namespace are too long together: Serin has not read them to their end. */
export class ListTooLong extends Error {
  override name = "ListTooLong";
}

/**
 * Lists objects of one namespace, each reduced by `pick` (by default: without managedFields). Its tenants decide how many
 * there are and how long, so Serin stops reading, and throws ListTooLong, when they are too long together.
 */
export async function listNamespace<T extends KubeObject>(
  kube: Pick<Kube, "list">,
  resource: Resource,
  { namespace, ...query }: Query & { readonly namespace: string | undefined },
  pick: (object: T) => T = withoutManagedFields,
): Promise<readonly T[]> {
  const picked: T[] = [];
  let [read, measured, kept] = [0, 0, 0];
  const take = (object: T, bytes: number): T => {
    const one = pick(object);
    picked.push(one);
    read += bytes;
    // What is kept is a part of what was read. So only a list that may be too long takes the time to measure it.
    for (; read > MOST_KEPT && measured < picked.length; measured += 1)
      kept += JSON.stringify(picked[measured]).length;
    if (read > MOST_READ || kept > MOST_KEPT) throw tooLong(kept > MOST_KEPT ? MOST_KEPT : MOST_READ);
    return one;
  };
  const tooLong = (most: number) =>
    new ListTooLong(
      `the ${resource.plural} of namespace ${namespace} have more than ${most} characters together: make them shorter or fewer`,
    );
  return (await kube.list<T, T>(resource, { namespace }, query, take)).items;
}
