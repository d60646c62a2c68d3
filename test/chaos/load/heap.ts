import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Cluster } from "../../cluster/cluster.ts";

const SCRIPT = join(import.meta.dirname, "heap.inspect.ts");

/**
 * The used heap of each of Serin's processes after two garbage collections, in MiB, by pod, container and pid. Unlike
 * resident memory it distinguishes a leak from garbage. The processes run as shipped; they pause for some 100 ms.
 */
export async function liveHeaps({ kubelet }: Cluster): Promise<ReadonlyMap<string, number>> {
  const heaps = new Map<string, number>();
  for (const container of ["webhook", "controller"])
    for (const pod of kubelet.pods("serin-system", container)) {
      const pid = kubelet.pid("serin-system", pod, container);
      if (pid !== undefined) heaps.set(`${container} of ${pod} (${pid})`, await liveHeap(pid));
    }
  return heaps;
}

/** Reads the heap from inside the pod, because an inspector listens only there. */
async function liveHeap(pid: number): Promise<number> {
  const network = ["--net", "--target", String(pid), "--"];
  const asked = await promisify(execFile)("nsenter", [...network, process.execPath, SCRIPT, String(pid)]);
  return Number(asked.stdout) / 2 ** 20;
}
