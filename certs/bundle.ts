import type { Kube } from "../kube/client/api.ts";
import { retryOnConflict } from "../kube/client/retry-on-conflict.ts";
import type { KubeObject, OwnerReference } from "../kube/core/meta.ts";
import { mutatingWebhookConfigurations, namespaces } from "../kube/core/resources.ts";
import type { JsonPatchOperation } from "../kube/core/writes.ts";
import type { WebhookConfiguration } from "./configuration.ts";

interface BundleOptions {
  readonly kube: Kube;
  /** The name of the MutatingWebhookConfiguration. */
  readonly configuration: string;
  /** PEM. */
  readonly caBundle: string;
  /** The namespace that owns the configuration, so that the garbage collector deletes both. */
  readonly owner?: string | undefined;
}

/** Makes the API server trust the bundle for Serin's webhooks, and the namespace own the configuration. */
export async function keepCaBundle({ kube, configuration, caBundle, owner }: BundleOptions): Promise<void> {
  const where = { name: configuration };
  const reference = owner === undefined ? undefined : await ownerReference(kube, owner);
  await retryOnConflict(
    () => kube.get<WebhookConfiguration>(mutatingWebhookConfigurations, where),
    async (found) => {
      const changes = bundleChanges(found, caBundle, reference);
      if (changes.length > 0) await kube.jsonPatch(mutatingWebhookConfigurations, where, changes);
    },
  );
}

/** The JSON patch, empty if nothing must change. It fits only this configuration. */
function bundleChanges(
  { metadata, webhooks = [] }: WebhookConfiguration,
  caBundle: string,
  owner: OwnerReference | undefined,
): JsonPatchOperation[] {
  const value = Buffer.from(caBundle).toString("base64");
  const changes = webhooks.flatMap(({ name, clientConfig }, index): JsonPatchOperation[] =>
    clientConfig.caBundle === value
      ? []
      : [
          { op: "test", path: `/webhooks/${index}/name`, value: name },
          { op: "add", path: `/webhooks/${index}/clientConfig/caBundle`, value },
        ],
  );
  if (owner && !metadata.ownerReferences?.some(({ uid }) => uid === owner.uid)) {
    const others = metadata.ownerReferences ?? [];
    changes.push(
      { op: "test", path: "/metadata/resourceVersion", value: metadata.resourceVersion },
      { op: "add", path: "/metadata/ownerReferences", value: [...others, owner] },
    );
  }
  return changes;
}

async function ownerReference(kube: Kube, name: string): Promise<OwnerReference> {
  const { metadata } = await kube.get<KubeObject>(namespaces, { name });
  return { apiVersion: "v1", kind: "Namespace", name, uid: metadata.uid ?? "" };
}
