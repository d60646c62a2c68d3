import pLimit from "p-limit";
import type { Kube } from "../kube/client/api.ts";
import type { Clock } from "../kube/core/clock.ts";
import type { KubeObject } from "../kube/core/meta.ts";
import type { Resource } from "../kube/core/resources.ts";
import { memoize } from "../providers/memo.ts";
import type { MayRead, Reader } from "./readers.ts";

const reviews: Resource = { group: "authorization.k8s.io", version: "v1", plural: "subjectaccessreviews" };

interface Review extends KubeObject {
  readonly status?: { readonly allowed?: boolean };
}

/** How long (ms) an answer counts: so long after the loss of a right, the reader may still see a namespace. */
const KEPT_MS = 60_000;
/** How many answers are kept. */
const MOST = 20_000;
/** How many reviews are under way at once. */
const AT_ONCE = 8;
/** In place of a namespace: all of them. */
const EVERY = "";

/**
 * Asks the API server whether a reader may get Deployments in a namespace (SubjectAccessReview): what a user may see with
 * kubectl, the user may see here. Rejects with the error of a review.
 */
export function accessBy({
  kube,
  clock,
}: {
  readonly kube: Pick<Kube, "create">;
  readonly clock: Pick<Clock, "now">;
}): MayRead {
  const limit = pLimit(AT_ONCE);
  const kept = { clock, forMs: KEPT_MS, failureForMs: 1_000, most: MOST };
  const isAllowed = memoize(kept, (key) => {
    const { user, groups, namespace } = JSON.parse(key) as Reader & { namespace: string };
    const attributes = { group: "apps", resource: "deployments", verb: "get" };
    const resourceAttributes = { ...attributes, ...(namespace !== EVERY && { namespace }) };
    const body = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: { user, groups, resourceAttributes },
    };
    return limit(async () => (await kube.create<Review>(reviews, {}, body)).status?.allowed === true);
  });
  return async (reader, namespaces) => {
    if (reader === undefined || namespaces.length === 0) return new Set(namespaces);
    const ask = (namespace: string) => isAllowed(JSON.stringify({ ...reader, namespace }));
    // One review for those who may see everything.
    if (await ask(EVERY)) return new Set(namespaces);
    const answers = await Promise.all(namespaces.map(ask));
    return new Set(namespaces.filter((_, i) => answers[i]));
  };
}
