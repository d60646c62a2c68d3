import type { Cluster } from "../../cluster/cluster.ts";

const SYSTEM = "serin-system";

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: { readonly podIP?: string };
  }[];
}

/** The names of Serin's pods by address. */
export async function replicasOf({ api }: Cluster): Promise<ReadonlyMap<string, string>> {
  const path = `/api/v1/namespaces/${SYSTEM}/pods`;
  const { items } = await api.demand<PodList>("GET", path);
  return new Map(items.map(({ metadata, status }) => [status.podIP ?? "", metadata.name]));
}

/** The pod whose controller leads, by the Lease; "" while none does. */
export async function leaderOf({ api }: Cluster): Promise<string> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${SYSTEM}/leases/serin`;
  return (await api.demand<{ spec: { holderIdentity?: string } }>("GET", path)).spec.holderIdentity ?? "";
}

/** Kills a process and starts another one at once. */
export async function replace({ kubelet }: Cluster, pod: string, container: string): Promise<void> {
  await kubelet.keepDown(SYSTEM, pod, container);
  kubelet.bringBack(SYSTEM, pod, container);
}
