import { readFileSync } from "node:fs";
import type { Pod } from "../../kube/core/workloads.ts";
import type { Cluster } from "../../test/cluster/cluster.ts";
import type { Part, Pods } from "../processes.ts";

/** What a process has used since its start. */
export interface Footprint {
  /** The most resident memory, in MiB. */
  readonly peakMiB: number;
  /** What its network interface has received, in MiB: the answers of the API server, and reviews. */
  readonly readMiB: number;
}

/** Reads it for the processes of these pods. Throws if one does not run. */
export function footprintsOf({ kubelet }: Cluster, pods: Pods): Readonly<Record<Part, Footprint>> {
  const of = (part: Part): Footprint => {
    const pid = kubelet.pid("serin-system", pods[part], part);
    const peakKiB = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    const received = readFileSync(`/proc/${pid}/net/dev`, "utf8")
      .split("\n")
      .map((line) => /^\s*(\S+):\s*(\d+)/.exec(line) ?? [])
      .filter(([, name]) => name !== undefined && name !== "lo")
      .reduce((sum, [, , bytes]) => sum + Number(bytes), 0);
    return { peakMiB: Number(peakKiB) / 1_024, readMiB: received / 1_024 ** 2 };
  };
  return { webhook: of("webhook"), controller: of("controller") };
}

/** How often containers of Serin ended and started again. */
export async function containerRestarts({ api }: Cluster): Promise<number> {
  type Statuses = Pod & {
    readonly status?: { readonly containerStatuses?: readonly { restartCount: number }[] };
  };
  const path = "/api/v1/namespaces/serin-system/pods";
  const { items } = await api.demand<{ items: readonly Statuses[] }>("GET", path);
  const statuses = items.flatMap(({ status }) => status?.containerStatuses ?? []);
  return statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
}
