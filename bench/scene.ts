import { appManifests } from "../test/cluster/app.ts";
import type { Cluster } from "../test/cluster/cluster.ts";
import { startLoad } from "../test/cluster/load.ts";
import { eventually } from "../test/cluster/wait.ts";
import { INTERVAL_SECONDS, STEPS } from "./rollout.ts";

/** The namespace of the bench's application. */
export const NAMESPACE = "bench";
/** The host of its route. */
export const HOST = "web.bench.example";
/** The requests per second to it. */
export const RPS = 200;

const PLAN = {
  "serin.dev/rollout": "canary",
  // The bench gives the same few versions again.
  "serin.dev/rollback": "canary",
  "serin.dev/interval": `${INTERVAL_SECONDS}s`,
  "serin.dev/steps": STEPS,
  // The peer decides by a threshold as well. The time of a comparison depends on the traffic (npm run trials).
  "serin.dev/compare": "off",
};

/** Creates the namespace with `web` (five pods, opted in, serving) and `plain` (the same, not opted in). */
export async function setScene(cluster: Cluster): Promise<void> {
  await cluster.api.demand("POST", "/api/v1/namespaces", { metadata: { name: NAMESPACE } });
  await deploy(cluster, "web", 5, PLAN);
  await deploy(cluster, "plain", 5, {});
  await eventually("web answers", async () => {
    const probe = startLoad({ url: cluster.gatewayUrl, host: HOST, rps: 100 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    return (await probe.stop()).failed === 0 ? true : undefined;
  });
}

/** Adds Deployments of one pod that are opted in and stay at rest. */
export async function addAtRest(cluster: Cluster, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) await deploy(cluster, `rest-${i}`, 1, PLAN);
}

/** The path of a Deployment of the scene. */
export function pathOf(name: string): string {
  return `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${name}`;
}

async function deploy(cluster: Cluster, name: string, replicas: number, annotations: Record<string, string>) {
  const host = `${name}.bench.example`;
  const manifests = appManifests({
    name,
    namespace: NAMESPACE,
    replicas,
    annotations,
    host,
    preStopSeconds: 1,
  });
  for (const [args, input] of [
    [["apply", "-f", "-"], manifests],
    [["rollout", "status", `deployment/${name}`, "--timeout=60s"], ""],
  ] as const) {
    const { code, stderr } = await cluster.kubectl(args, { input, namespace: NAMESPACE });
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  }
}
