import type { Cluster } from "../../cluster/cluster.ts";
import { eventually } from "../../cluster/wait.ts";

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

/**
 * Ends a process as the kubelet does (SIGTERM), and starts another one at once. Throws if it does not end within the 30 s after
 * which the kubelet would kill it, or if the Lease still names it then.
 */
export async function restart(of: Cluster, pod: string, container: string): Promise<void> {
  const { kubelet } = of;
  const pid = kubelet.pid(SYSTEM, pod, container);
  kubelet.kill(SYSTEM, pod, container, "SIGTERM");
  const isGone = async () => kubelet.pid(SYSTEM, pod, container) !== pid || undefined;
  await eventually(`the end of ${pod}`, isGone, 30_000);
  const leader = await leaderOf(of);
  await replace(of, pod, container);
  if (leader === pod) throw new Error(`${pod} has ended and still leads`);
}
