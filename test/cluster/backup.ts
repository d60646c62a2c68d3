import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { appPodsAfter } from "./addresses.ts";
import type { Daemon } from "./daemon.ts";
import { untilReady } from "./health.ts";

/** A backup of the cluster's state, as an administrator takes it and restores it. */
export interface Backup {
  /** Copies the data folder of etcd, which does not run meanwhile. Resolves when the API server is ready again. */
  take(): Promise<void>;
  /**
   * Ends the control plane and KWOK, puts the copy back, so the resource versions go back, and starts them again. Restarts the
   * gateways' controllers as well. Serin's programs, the application pods and Envoy run on. Resolves when all are ready, with
   * the instant (ms since the epoch) before the API server came back.
   */
  restore(): Promise<number>;
}

/** What Kubernetes' instructions for a restore restart with the API server. */
const CONTROLLERS = ["kube-controller-manager", "kube-scheduler"];
/** Like these, they have client-go's informers, which continue at the version that they know. */
const GATEWAYS = ["traefik", "contour"];
const GRACE_MS = 10_000;

/** Makes the backup of the cluster of these programs; `dir` contains etcd's data folder. */
export function backupOf(dir: string, programs: readonly Daemon[]): Backup {
  const [data, copy] = [join(dir, "etcd"), join(dir, "etcd-copy")];
  const named = (...names: readonly string[]) => programs.filter(({ name }) => names.includes(name));
  const [[etcd], [apiServer], [kwok]] = [named("etcd"), named("kube-apiserver"), named("kwok")];
  if (etcd === undefined || apiServer === undefined || kwok === undefined)
    throw new Error("the cluster has no control plane");
  let restores = 0;
  const start = async (program: Daemon, ...more: readonly string[]) => {
    program.start(...more);
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
      const controllers = named(...CONTROLLERS);
      // As the loss of their machine would end them.
      for (const program of [apiServer, etcd, kwok, ...controllers]) await program.stop("SIGKILL", 0);
      await rm(data, { recursive: true });
      await cp(copy, data, { recursive: true });
      await start(etcd);
      const back = Date.now();
      await start(apiServer);
      restores += 1;
      await start(kwok, `--cidr=${appPodsAfter(restores)}`);
      const gateways = named(...GATEWAYS);
      await Promise.all(gateways.map((gateway) => gateway.stop("SIGKILL", 0)));
      await Promise.all([...controllers, ...gateways].map((program) => start(program)));
      return back;
    },
  };
}
