import { readFileSync } from "node:fs";
import type { Cluster } from "../test/cluster/cluster.ts";

/** Serin's two processes. */
export type Part = "webhook" | "controller";

/** Their use: resident memory in MiB, CPU time since their start in seconds. */
export type Usage = Readonly<Record<Part, { readonly rssMiB: number; readonly cpuSeconds: number }>>;

const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 500;

/** The pods to measure: the leading controller and one webhook. */
export type Pods = Readonly<Record<Part, string>>;

/** Finds them. */
export async function podsOf({ kubectl, kubelet }: Cluster): Promise<Pods> {
  const get = ["get", "lease/serin", "-n", "serin-system", "-o=jsonpath={.spec.holderIdentity}"];
  const [webhook = ""] = kubelet.pods("serin-system", "webhook");
  return { webhook, controller: (await kubectl(get)).stdout.trim() };
}

/** The current use of the processes of these pods. */
export function usageOf(cluster: Cluster, pods: Pods): Usage {
  const of = (part: Part) => usageOfPod(cluster, pods[part], part);
  return { webhook: of("webhook"), controller: of("controller") };
}

/** The current use of the process of one pod. */
export function usageOfPod({ kubelet }: Cluster, pod: string, part: Part): Usage[Part] {
  const pid = kubelet.pid("serin-system", pod, part);
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  // The program's name may contain spaces; it ends at the last parenthesis.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  const ticks = Number(fields[11]) + Number(fields[12]);
  return {
    rssMiB: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024,
    cpuSeconds: ticks / TICKS_PER_SECOND,
  };
}

/** Measures the processes every half second until it is stopped; then returns the most memory. */
export function watchMemory(cluster: Cluster, pods: Pods): () => Record<Part, number> {
  const most = { webhook: 0, controller: 0 };
  const timer = setInterval(() => {
    const usage = usageOf(cluster, pods);
    for (const part of ["webhook", "controller"] as const) {
      most[part] = Math.max(most[part], usage[part].rssMiB);
    }
  }, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    return most;
  };
}
