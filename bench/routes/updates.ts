import type { Deployment } from "../../kube/core/workloads.ts";
import type { Cluster } from "../../test/cluster/cluster.ts";
import { eventually } from "../../test/cluster/wait.ts";
import { type Part, podsOf } from "../processes.ts";
import { quantile } from "../statistics.ts";
import { containerRestarts, type Footprint, footprintsOf } from "./footprint.ts";

/** What 50 template updates at once cost. */
export interface UpdateCosts {
  /** How long new pods of Serin took until all of them were ready, in ms. */
  readonly readyMs: number;
  /** How long the API server took to answer an update, in ms; of ten rounds of dry runs. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** From the start of these pods to the end of the rollouts of one more round. */
  readonly footprints: Readonly<Record<Part, Footprint>>;
  /** How often containers of Serin ended in this time. */
  readonly restarts: number;
}

const ROUNDS = 10;
const LONGEST_MS = 300_000;
let version = 1;

/**
 * Starts Serin anew, so that it reads everything that is there. Then updates all Deployments at once, ten times as a dry run
 * and once for good, and waits for the end of the rollouts. Throws if an update is refused or a rollout does not end.
 */
export async function measureUpdates(cluster: Cluster, paths: readonly string[]): Promise<UpdateCosts> {
  const { api } = cluster;
  version += 1;
  const image = { op: "replace", path: "/spec/template/spec/containers/0/image", value: `app:v${version}` };
  const readyMs = await restartSerin(cluster);
  const times: number[] = [];
  const update = async (path: string) => {
    const from = performance.now();
    await api.demand("PATCH", path, [image]);
    return performance.now() - from;
  };
  for (let round = 0; round < ROUNDS; round += 1)
    times.push(...(await Promise.all(paths.map((path) => update(`${path}?dryRun=All`)))));
  await Promise.all(paths.map(update));
  await eventually(
    "all rollouts over",
    async () => {
      const found = await Promise.all(paths.map((path) => api.demand<Deployment>("GET", path)));
      return found.some(({ metadata }) => "serin.dev/held" in (metadata.annotations ?? {}))
        ? undefined
        : true;
    },
    LONGEST_MS,
  );
  return {
    readyMs,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    footprints: footprintsOf(cluster, await podsOf(cluster)),
    restarts: await containerRestarts(cluster),
  };
}

async function restartSerin({ kubectl }: Cluster): Promise<number> {
  const from = performance.now();
  const namespace = "serin-system";
  const commands = [
    ["rollout", "restart", "deployment"],
    ...["serin", "serin-controller"].map((name) => [
      "rollout",
      "status",
      `deployment/${name}`,
      `--timeout=${LONGEST_MS / 1_000}s`,
    ]),
  ];
  for (const args of commands) {
    const { code, stderr } = await kubectl(args, { namespace });
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  }
  return performance.now() - from;
}
