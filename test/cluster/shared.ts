import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, type ClusterOptions, startCluster } from "./cluster.ts";
import { noteRights } from "./rights.ts";

/** What differs in a cluster of one file. */
export type ClusterSettings = Pick<ClusterOptions, "plugins" | "throttle">;

let starting: Promise<Cluster> | undefined;
let isKept = false;

/** The cluster that all test files of a process share. It starts at the first call. */
export function cluster(settings: ClusterSettings = {}): Promise<Cluster> {
  starting ??= startCluster({
    dir: mkdtempSync(join(tmpdir(), "serin-cluster-")),
    log: () => {},
    ...settings,
  });
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
