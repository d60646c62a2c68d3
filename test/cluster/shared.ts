import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, startCluster } from "./cluster.ts";
import { noteRights } from "./rights.ts";

let starting: Promise<Cluster> | undefined;
let isKept = false;

/** The cluster that all test files of a process share. It starts at the first call. */
export function cluster(plugins: readonly string[] = []): Promise<Cluster> {
  starting ??= startCluster({ dir: mkdtempSync(join(tmpdir(), "serin-cluster-")), log: () => {}, plugins });
  return starting;
}

/** Stops the shared cluster. The next call of `cluster` starts another one. */
export async function stopCluster(): Promise<void> {
  // A cluster that did not start has ended already, and its tests have failed.
  const running = await starting?.catch(() => undefined);
  starting = undefined;
  if (running !== undefined) await noteRights(running.auditLog);
  await running?.stop();
}

/** Lets the cluster outlive a run of mocha, for the next run in this process. The caller stops it in the end. */
export function keepCluster(): void {
  isKept = true;
}

/** Stops the cluster at the end of a run of mocha, unless it is kept. */
export async function endRun(): Promise<void> {
  if (!isKept) await stopCluster();
}
