import type { Kube } from "../kube/client/api.ts";
import { isNotFound } from "../kube/client/errors.ts";
import type { KubeObject } from "../kube/core/meta.ts";
import { configMaps, namespaces } from "../kube/core/resources.ts";
import type { Deployment } from "../kube/core/workloads.ts";
import { type DefaultSources, type Profile, profileNamed } from "../rollout/plan/layers.ts";

/** Marks a ConfigMap of Serin's namespace as a profile. */
const PROFILE_LABEL = "serin.dev/profile";

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Reads the sources of a Deployment's defaults: its namespace, and the profile that it or its namespace names. */
export async function readDefaultSources(
  kube: Kube,
  profileNamespace: string,
  { metadata }: Deployment,
): Promise<DefaultSources> {
  const { namespace: name = "" } = metadata;
  const found = await kube.get<KubeObject>(namespaces, { name });
  const namespace = { name, annotations: found.metadata.annotations ?? {} };
  const named = profileNamed(metadata.annotations ?? {}, namespace.annotations);
  return named === undefined
    ? { namespace }
    : { namespace, profile: await readProfile(kube, profileNamespace, named) };
}

/** Only labelled ConfigMaps: users must not learn the content of Serin's other ConfigMaps from an error message. */
async function readProfile(kube: Kube, namespace: string, name: string): Promise<Profile> {
  try {
    const { metadata, data = {} } = await kube.get<ConfigMap>(configMaps, { namespace, name });
    if (metadata.labels?.[PROFILE_LABEL] === "true") return { name, values: data };
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const labelSelector = `${PROFILE_LABEL}=true`;
  const { items } = await kube.list<ConfigMap>(configMaps, { namespace }, { labelSelector });
  return { name, others: items.map(({ metadata }) => metadata.name) };
}
