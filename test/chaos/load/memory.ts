import { readFileSync } from "node:fs";
import { median } from "../../../bench/statistics.ts";
import type { Cluster } from "../../cluster/cluster.ts";

/** The resident memory (MiB) of a process at an instant (ms since the epoch). */
interface Sample {
  readonly at: number;
  readonly process: string;
  readonly mib: number;
}

/** The resident memory of Serin's processes. */
export interface Memory {
  /** The median of each process in that period, by pod and container. Only processes that lived through it count. */
  between(from: number, to: number): ReadonlyMap<string, number>;
  stop(): void;
}

const SAMPLE_MS = 1_000;

/** Samples all of Serin's processes every second. */
export function watchMemory({ kubelet }: Cluster): Memory {
  const samples: Sample[] = [];
  const look = () => {
    for (const container of ["webhook", "controller"])
      for (const pod of kubelet.pods("serin-system", container)) {
        const pid = kubelet.pid("serin-system", pod, container);
        const mib = pid && residentMiB(pid);
        if (mib) samples.push({ at: Date.now(), process: `${container} of ${pod} (${pid})`, mib });
      }
  };
  const timer = setInterval(look, SAMPLE_MS);
  return {
    between(from, to) {
      const of = Map.groupBy(
        samples.filter(({ at }) => at >= from && at < to),
        ({ process }) => process,
      );
      return new Map([...of].map(([process, all]) => [process, median(all.map(({ mib }) => mib))]));
    },
    stop: () => clearInterval(timer),
  };
}

function residentMiB(pid: number): number | undefined {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024;
  } catch {
    // The process has just ended.
    return undefined;
  }
}
