import { appManifests } from "../../test/cluster/app.ts";
import type { Cluster } from "../../test/cluster/cluster.ts";

/** The number of updates at once. */
const SHOPS = 50;

const PLAN = {
  "serin.dev/rollout": "canary",
  "serin.dev/steps": "50",
  "serin.dev/compare": "off",
  "serin.dev/checks": "none",
  "serin.dev/interval": "1s",
};

/** Creates opted-in Deployments, each in its own namespace with a Service and a route. Returns the Deployments' paths. */
export async function addShops({ api, kubectl }: Cluster): Promise<readonly string[]> {
  const namespaces = Array.from({ length: SHOPS }, (_, i) => `shop-${i}`);
  for (const namespace of namespaces) {
    await api.demand("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
    const host = `${namespace}.example`;
    const input = appManifests({
      name: "web",
      namespace,
      replicas: 1,
      annotations: PLAN,
      host,
      preStopSeconds: 1,
    });
    for (const [args, text] of [
      [["apply", "-f", "-"], input],
      [["rollout", "status", "deployment/web", "--timeout=120s"], ""],
    ] as const) {
      const { code, stderr } = await kubectl(args, { input: text, namespace });
      if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
    }
  }
  return namespaces.map((namespace) => `/apis/apps/v1/namespaces/${namespace}/deployments/web`);
}
