import type { Kube } from "../kube/client/api.ts";
import { isForbidden } from "../kube/client/errors.ts";
import { retryOnConflict } from "../kube/client/retry-on-conflict.ts";
import type { Log } from "../kube/core/log.ts";
import type { KubeObject, OwnerReference } from "../kube/core/meta.ts";
import { mutatingWebhookConfigurations, namespaces } from "../kube/core/resources.ts";
import { readConfiguration } from "./configuration.ts";

/** The configuration, and the namespace that owns it. */
export interface OwnerOptions {
  readonly kube: Kube;
  readonly namespace: string;
  /** The name of the MutatingWebhookConfiguration. */
  readonly configuration: string;
  readonly log: Log;
}

/**
 * Makes the namespace own the configuration, so that the garbage collector deletes both. Everything else works without an
 * owner, so this is a write of its own. The admission plugin OwnerReferencesPermissionEnforcement lets only a user who may
 * delete the configuration change its owners. The function logs a refusal once and tries again at the next call. It throws
 * the other errors of the API.
 */
export function ownerKeeper({ kube, namespace, configuration, log }: OwnerOptions): () => Promise<void> {
  let isSaid = false;
  return () =>
    keepOwner(kube, namespace, configuration).catch((err: unknown) => {
      if (!isForbidden(err)) throw err;
      if (isSaid) return;
      isSaid = true;
      log.warn(
        { err, configuration, namespace },
        "Serin may not make its namespace own the webhook configuration: delete both when you remove Serin",
      );
    });
}

async function keepOwner(kube: Kube, namespace: string, configuration: string): Promise<void> {
  const { metadata } = await kube.get<KubeObject>(namespaces, { name: namespace });
  const owner: OwnerReference = {
    apiVersion: "v1",
    kind: "Namespace",
    name: namespace,
    uid: metadata.uid ?? "",
  };
  await retryOnConflict(
    () => readConfiguration(kube, configuration),
    async ({ metadata: { ownerReferences = [], resourceVersion } }) => {
      if (ownerReferences.some(({ uid }) => uid === owner.uid)) return;
      await kube.jsonPatch(mutatingWebhookConfigurations, { name: configuration }, [
        { op: "test", path: "/metadata/resourceVersion", value: resourceVersion },
        { op: "add", path: "/metadata/ownerReferences", value: [...ownerReferences, owner] },
      ]);
    },
  );
}
