import { readFileSync } from "node:fs";
import type { Cluster } from "../test/cluster/cluster.ts";

/** Serin's two processes. */
export type Part = "webhook" | "controller";

/** The use of a process since its start. */
export interface ProcessUsage {
  /** Its resident memory. */
  readonly rssMiB: number;
  /** Of that, what no other process can share: without the pages of node's program and of libraries. */
  readonly ownMiB: number;
  readonly cpuSeconds: number;
}

/** Their use. */
export type Usage = Readonly<Record<Part, ProcessUsage>>;

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
export function usageOfPod({ kubelet }: Cluster, pod: string, part: Part): ProcessUsage {
  const pid = kubelet.pid("serin-system", pod, part);
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const MiBOf = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1_024;
  // The program's name may contain spaces; it ends at the last parenthesis.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  const ticks = Number(fields[11]) + Number(fields[12]);
  return {
    rssMiB: MiBOf("VmRSS"),
    ownMiB: MiBOf("RssAnon"),
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
