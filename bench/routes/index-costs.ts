import pLimit from "p-limit";
import { connect } from "../../kube/client/connect.ts";
import { fromFile } from "../../kube/client/kubeconfig.ts";
import { systemClock } from "../../kube/core/clock.ts";
import { RouteIndex } from "../../kube/runtime/route-index.ts";
import { leanRoute } from "../../rollout/traffic/lean-route.ts";
import type { Cluster } from "../../test/cluster/cluster.ts";
import { heapBytes } from "../heap.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const AT_ONCE = 16;
const IN_A_NAMESPACE = 200;

/** The cost of an index of so many usual routes, each with a host, a parent and two Services. */
export interface IndexCost {
  readonly routes: number;
  /** Its heap. */
  readonly bytes: number;
  /** How long the index took to read them, in ms. */
  readonly readMs: number;
}

/** Measures it for each of these numbers of routes, in ascending order, on a cluster without other routes. */
export async function indexCosts(
  cluster: Cluster,
  numbers: readonly number[],
): Promise<readonly IndexCost[]> {
  const costs: IndexCost[] = [];
  let present = 0;
  for (const routes of numbers) {
    await addRoutes(cluster, present, routes);
    present = routes;
    costs.push(await costOf(cluster, routes));
  }
  return costs;
}

async function costOf({ kubeconfig }: Cluster, routes: number): Promise<IndexCost> {
  const stop = new AbortController();
  const load = () => fromFile(kubeconfig);
  const kube = connect({ fieldManager: "serin", userAgent: "serin-bench", load, log: quiet });
  await kube.discover();
  const before = heapBytes();
  const from = performance.now();
  const means = { kube, clock: systemClock, log: quiet, signal: stop.signal };
  const index = new RouteIndex({ ...means, reduce: leanRoute });
  await index.synced;
  const readMs = performance.now() - from;
  const bytes = heapBytes() - before;
  const found = index.list().length;
  stop.abort();
  await kube.close();
  if (found !== routes) throw new Error(`the index has ${found} routes, not ${routes}`);
  return { routes, bytes, readMs };
}

/** Creates the routes from one number up to another. */
async function addRoutes({ api }: Cluster, from: number, to: number): Promise<void> {
  const namespaces = new Set(Array.from({ length: to - from }, (_, i) => namespaceOf(from + i)));
  const limit = pLimit(AT_ONCE);
  const create = (name: string) => api.request("POST", "/api/v1/namespaces", { metadata: { name } });
  await Promise.all([...namespaces].map((name) => limit(() => create(name))));
  const all = Array.from({ length: to - from }, (_, i) => from + i);
  await Promise.all(all.map((i) => limit(() => api.demand("POST", pathOf(i), routeOf(i)))));
}

function namespaceOf(i: number): string {
  return `shop-${Math.floor(i / IN_A_NAMESPACE)}`;
}

function pathOf(i: number): string {
  return `/apis/gateway.networking.k8s.io/v1/namespaces/${namespaceOf(i)}/httproutes`;
}

function routeOf(i: number): object {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: `route-${i}` },
    spec: {
      parentRefs: [{ name: "gateway", namespace: "edge" }],
      hostnames: [`route-${i}.example`],
      rules: [
        {
          backendRefs: [
            { name: `web-${i}`, port: 80 },
            { name: `api-${i}`, port: 80 },
          ],
        },
      ],
    },
  };
}
