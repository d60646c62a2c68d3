import type { Kube, Where } from "../client/api.ts";
import { retryOnConflict } from "../client/retry-on-conflict.ts";
import type { KubeObject, Meta } from "../core/meta.ts";
import type { Resource } from "../core/resources.ts";
import * as resources from "../core/resources.ts";
import type { JsonPatch, Write as KubeWrite } from "../core/writes.ts";
import { recordEvent } from "./events.ts";

const byKind = {
  deployments: resources.deployments,
  replicasets: resources.replicaSets,
  services: resources.services,
  httproutes: resources.httpRoutes,
  grpcroutes: resources.grpcRoutes,
} as const;

/** The author and the time of a write. */
export interface Signature {
  /** Serin's name in managedFields. */
  readonly fieldManager: string;
  /** The component that Events come from. */
  readonly component: string;
  /** ms since the epoch. */
  readonly now: number;
}

/**
 * Performs one write and returns the stored object; nothing for Events, deletions and subresources. Throws as Kube does:
 * a conflict means that the object has changed since the decision.
 */
export async function perform(
  kube: Kube,
  write: KubeWrite,
  signature: Signature,
): Promise<KubeObject | undefined> {
  if (write.verb === "event") {
    const { regarding: involved, type, reason, message, once } = write;
    await recordEvent(kube, { involved, type, reason, message, once, ...signature });
    return undefined;
  }
  const resource = byKind[write.kind];
  const { namespace, name } = write;
  const where = { namespace, name, fieldManager: signature.fieldManager };
  switch (write.verb) {
    case "create":
      return kube.create(resource, { namespace: write.namespace }, write.body);
    case "delete":
      await kube.delete(resource, where, { uid: write.uid, resourceVersion: write.resourceVersion });
      return undefined;
    case "json":
      return disown(kube, resource, where, await kube.jsonPatch(resource, where, write.body));
    case "strategic":
      return kube.strategicPatch(resource, { ...where, subresource: write.subresource }, write.body);
    case "merge": {
      const stored = await kube.mergePatch<KubeObject>(
        resource,
        { ...where, subresource: write.subresource },
        write.body,
      );
      return write.subresource === undefined ? disown(kube, resource, where, stored) : undefined;
    }
    default:
      return write satisfies never;
  }
}

/**
 * Users who apply server-side own the fields in their manifest; a patch of Serin would take these fields, and the users'
 * next apply would conflict. So Serin removes its entry from managedFields if there is such a user. The webhook removes it
 * within the write (webhook/ownership.ts), and this function right after a write that the webhook did not see. `where`
 * names Serin's field manager.
 */
export async function disown(
  kube: Kube,
  resource: Resource,
  { namespace, name, fieldManager }: Where & { readonly fieldManager: string },
  stored: KubeObject,
): Promise<KubeObject> {
  const where = { namespace, name };
  // A gateway that writes its status in between moves the entry.
  return retryOnConflict(
    () => kube.get<KubeObject>(resource, where),
    async (object) => {
      const patch = disowning(object.metadata, fieldManager);
      return patch === undefined ? object : kube.jsonPatch<KubeObject>(resource, where, patch);
    },
    { known: stored },
  );
}

function disowning(meta: Meta, fieldManager: string): JsonPatch | undefined {
  const own = entryToDisown(meta, fieldManager);
  if (own === undefined) return undefined;
  const path = `/metadata/managedFields/${own}`;
  return [
    { op: "test", path: `${path}/manager`, value: fieldManager },
    { op: "remove", path },
  ];
}

/** The index in managedFields of Serin's entry, if a user's server-side apply would conflict with it. */
export function entryToDisown(meta: Meta, fieldManager: string): number | undefined {
  const entries = meta.managedFields ?? [];
  const applied = entries.some(({ operation, manager }) => operation === "Apply" && manager !== fieldManager);
  const own = ownEntry(meta, fieldManager);
  return applied && own >= 0 ? own : undefined;
}

function ownEntry({ managedFields = [] }: Meta, fieldManager: string): number {
  return managedFields.findIndex(
    ({ manager, operation, subresource }) =>
      manager === fieldManager && operation === "Update" && !subresource,
  );
}
