import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Cluster } from "../../cluster/cluster.ts";

const SCRIPT = join(import.meta.dirname, "heap.inspect.ts");

/**
 * What of the heap is in use (MiB) in each of Serin's processes right after two garbage collections, by pod, container and pid: unlike
 * resident memory it tells a leak from garbage. The processes are as they ship; they stand still for some 100 ms.
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

/** An inspector listens to its own pod alone, so it is asked from there. */
async function liveHeap(pid: number): Promise<number> {
  const network = ["--net", "--target", String(pid), "--"];
  const asked = await promisify(execFile)("nsenter", [...network, process.execPath, SCRIPT, String(pid)]);
  return Number(asked.stdout) / 2 ** 20;
}
