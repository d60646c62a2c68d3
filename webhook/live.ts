import type { Kube } from "../kube/client/api.ts";
import { ifNotFound } from "../kube/client/errors.ts";
import type { KubeObject } from "../kube/core/meta.ts";
import type { Resource } from "../kube/core/resources.ts";

/**
 * The object of a request as the API server stores it now; undefined if that is not the version that the request changes.
 *
 * Effects begin from this object, never from the body of a request. If it is not the request's version, the API server has
 * stored a newer one. It then fails to store the request: it repeats a patch, with another admission, and refuses an update
 * of the whole object with a conflict. So Serin answers such a request as usual and performs no effect but the drain of the same
 * rollout. A refusal would end patches that the API server would have repeated, and the Deployment controller writes a
 * Deployment's status often.
 */
export async function readLive<T extends KubeObject>(
  kube: Kube,
  resource: Resource,
  request: T,
): Promise<T | undefined> {
  const stored = await readStored(kube, resource, request);
  return stored !== undefined && isVersionOf(stored, request) ? stored : undefined;
}

/** The object of a request as the API server stores it now, of whatever version; undefined if it is gone, or another of its name. */
export async function readStored<T extends KubeObject>(
  kube: Kube,
  resource: Resource,
  { metadata: { namespace, name, uid } }: T,
): Promise<T | undefined> {
  const stored = await kube.get<T>(resource, { namespace, name }).catch(ifNotFound(undefined));
  return stored?.metadata.uid === uid ? stored : undefined;
}

/** Whether the stored object is the version that the request changes. */
export function isVersionOf(stored: KubeObject, { metadata }: KubeObject): boolean {
  return stored.metadata.resourceVersion === metadata.resourceVersion;
}

/**
 * Whether the request names another version than the one that it changes, as a PUT of an old file does. The API server then
 * refuses it after admission, so no effect may come before. It takes version 0 for any.
 */
export function isStale(requested: KubeObject, stored: KubeObject): boolean {
  return Number(requested.metadata.resourceVersion ?? 0) !== 0 && !isVersionOf(requested, stored);
}
