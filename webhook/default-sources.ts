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

/** Reads where a Deployment's defaults may stand: its namespace, and the profile in ours that either of them names. */
export async function readDefaultSources(
  kube: Kube,
  ours: string,
  { metadata }: Deployment,
): Promise<DefaultSources> {
  const { namespace: name = "" } = metadata;
  const found = await kube.get<KubeObject>(namespaces, { name });
  const namespace = { name, annotations: found.metadata.annotations ?? {} };
  const named = profileNamed(metadata.annotations ?? {}, namespace.annotations);
  return named === undefined ? { namespace } : { namespace, profile: await readProfile(kube, ours, named) };
}

/** Only what is labelled: people must not read other ConfigMaps of ours through what we complain about. */
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
