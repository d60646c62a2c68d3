import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Daemon } from "./daemon.ts";
import { untilReady } from "./health.ts";

/** A backup of the cluster's state, as an administrator takes it and restores it. */
export interface Backup {
  /** Copies the data folder of etcd, which does not run meanwhile. Resolves when the API server is ready again. */
  take(): Promise<void>;
  /**
   * Puts the copy back while neither etcd nor the API server runs, so the resource versions go back. Then restarts what
   * Kubernetes' instructions name, and the gateways' controllers. Serin's programs, the application pods and Envoy run on.
   * Resolves when all are ready, with the instant (ms since the epoch) before the API server came back.
   */
  restore(): Promise<number>;
}

/** The programs that know the cluster's state by client-go's informers, which continue at the version that they know. */
const INFORMED = ["kube-controller-manager", "kube-scheduler", "kwok", "traefik", "contour"];
const GRACE_MS = 10_000;

/** Makes the backup of the cluster of these programs; `dir` contains etcd's data folder. */
export function backupOf(dir: string, programs: readonly Daemon[]): Backup {
  const [data, copy] = [join(dir, "etcd"), join(dir, "etcd-copy")];
  const named = (...names: readonly string[]) => programs.filter(({ name }) => names.includes(name));
  const [[etcd], [apiServer]] = [named("etcd"), named("kube-apiserver")];
  if (etcd === undefined || apiServer === undefined) throw new Error("the cluster has no control plane");
  const start = async (program: Daemon) => {
    program.start();
    await untilReady(program);
  };
  return {
    async take() {
      await etcd.stop("SIGTERM", GRACE_MS);
      await cp(data, copy, { recursive: true });
      await start(etcd);
      await untilReady(apiServer);
    },
    async restore() {
      // As the loss of their machine would end them.
      for (const program of [apiServer, etcd]) await program.stop("SIGKILL", 0);
      await rm(data, { recursive: true });
      await cp(copy, data, { recursive: true });
      await start(etcd);
      const back = Date.now();
      await start(apiServer);
      await Promise.all(
        named(...INFORMED).map(async (program) => {
          await program.stop("SIGKILL", 0);
          await start(program);
        }),
      );
      return back;
    },
  };
}
