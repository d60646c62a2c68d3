import type { KubeObject } from "../../kube/core/meta.ts";
import type { LeanRoute } from "../../kube/core/routes.ts";
import type { ValuesOf } from "../../kube/runtime/indexer.ts";
import { FLIGHT } from "../../rollout/keys.ts";

/** An event about an object with the mark of a rollout. Tenants may write any mark on their own objects. */
export interface Change {
  /** The UID of the Deployment in the mark. */
  readonly uid: string;
  /** The collection of the object. */
  readonly kind: string;
  /** The object, and the object before the event, as far as they carry the mark. */
  readonly objects: readonly KubeObject[];
}

/** A rollout by its Deployment. */
export interface Owner {
  readonly uid?: string;
  readonly namespace?: string;
}

/** The UID of the object. */
export function uidOf({ metadata }: KubeObject): readonly string[] {
  return metadata.uid === undefined ? [] : [metadata.uid];
}

/** The object's namespace. */
export function namespaceOf({ metadata }: KubeObject): readonly string[] {
  return [metadata.namespace ?? ""];
}

/** The UID of the Deployment in the object's mark. */
export function markOf({ metadata }: KubeObject): readonly string[] {
  const uid = metadata.labels?.[FLIGHT];
  return uid === undefined ? [] : [uid];
}

/** The key of the rollout in the object's mark, if it is one of the object's namespace. */
export function ownerKeys(object: KubeObject): readonly string[] {
  const { namespace = "" } = object.metadata;
  return markOf(object).map((uid) => ownerKey({ uid, namespace }));
}

/** The key of a rollout: its namespace and its UID. */
export function ownerKey({ uid = "", namespace = "" }: Owner): string {
  return `${namespace}/${uid}`;
}

/** The UIDs of the Deployments whose rollouts have a share in the route. */
export function shareUids({ shares }: LeanRoute): readonly string[] {
  return shares.map(({ uid }) => uid);
}

/** The keys of the same rollouts: a share names the namespace of its rollout. */
export function shareKeys({ shares }: LeanRoute): readonly string[] {
  return shares.map(ownerKey);
}

/** The changes, one for each rollout whose mark the object carries or carried. */
export function changesOf<T extends KubeObject>(
  kind: string,
  uidsOf: ValuesOf<T>,
  now: T | undefined,
  before: T | undefined,
): readonly Change[] {
  const objects = [now, before].filter((object) => object !== undefined);
  const uids = [...new Set(objects.flatMap(uidsOf))];
  return uids.map((uid) => ({
    uid,
    kind,
    objects: objects.filter((object) => uidsOf(object).includes(uid)),
  }));
}
