import type { Deployment } from "../../kube/core/workloads.ts";
import type { Cluster } from "../../test/cluster/cluster.ts";
import { eventually } from "../../test/cluster/wait.ts";
import { type Part, podsOf, watchMemory } from "../processes.ts";
import { quantile } from "../statistics.ts";

/** What 50 template updates at once cost. */
export interface UpdateCosts {
  /** How long the API server took to answer an update, in ms; of ten rounds of dry runs. */
  readonly p99Ms: number;
  /** The most resident memory (MiB) during these and during the rollouts of one more round. */
  readonly mostMiB: Readonly<Record<Part, number>>;
}

const ROUNDS = 10;
const LONGEST_MS = 300_000;
let version = 1;

/** Updates all Deployments at once, ten times as a dry run and once for good, and waits for the end of the rollouts. */
export async function measureUpdates(cluster: Cluster, paths: readonly string[]): Promise<UpdateCosts> {
  const { api } = cluster;
  version += 1;
  const image = { op: "replace", path: "/spec/template/spec/containers/0/image", value: `app:v${version}` };
  const stopWatching = watchMemory(cluster, await podsOf(cluster));
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
  return { p99Ms: quantile(times, 0.99), mostMiB: stopWatching() };
}
