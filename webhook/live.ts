import type { Kube } from "../kube/client/api.ts";
import { ifNotFound } from "../kube/client/errors.ts";
import type { KubeObject } from "../kube/core/meta.ts";
import type { Resource } from "../kube/core/resources.ts";

/**
 * The object of a request as the API server stores it now; undefined if that is not the version that the request changes.
 *
 * Effects begin from this object, never from the body of a request. If it is not the request's version, the API server has
 * stored a newer one. It then fails to store the request: it repeats a patch, with another admission, and refuses an update
 * of the whole object with a conflict. So Serin answers such a request as usual and performs no effect. A refusal would end
 * patches that the API server would have repeated, and the Deployment controller writes a Deployment's status often.
 */
export async function readLive<T extends KubeObject>(
  kube: Kube,
  resource: Resource,
  { metadata: { namespace, name, uid, resourceVersion } }: T,
): Promise<T | undefined> {
  const live = await kube.get<T>(resource, { namespace, name }).catch(ifNotFound(undefined));
  const isSame = live?.metadata.uid === uid && live?.metadata.resourceVersion === resourceVersion;
  return isSame ? live : undefined;
}
