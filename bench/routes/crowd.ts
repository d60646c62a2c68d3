import pLimit from "p-limit";
import type { Cluster } from "../../test/cluster/cluster.ts";
import { eventually } from "../../test/cluster/wait.ts";

/** So many routes of this length each. */
export interface Crowd {
  readonly routes: number;
  readonly kB: number;
}

const NAMESPACE = "crowd";
const PATH = `/apis/gateway.networking.k8s.io/v1/namespaces/${NAMESPACE}/httproutes`;
const AT_ONCE = 16;
/** About the length (bytes) of a route without the filler. */
const BARE = 700;
const GONE_MS = 600_000;

/** Creates routes of another tenant. No gateway answers for them, so that the bench measures Serin alone. */
export async function addRoutes({ api }: Cluster, { routes, kB }: Crowd): Promise<void> {
  await api.request("POST", "/api/v1/namespaces", { metadata: { name: NAMESPACE } });
  const annotations = { filler: "x".repeat(kB * 1_000 - BARE) };
  const limit = pLimit(AT_ONCE);
  const one = (i: number) => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: `route-${i}`, annotations },
    spec: {
      hostnames: [`route-${i}.crowd.example`],
      rules: [{ backendRefs: [{ name: `service-${i}`, port: 80 }] }],
    },
  });
  await Promise.all(Array.from({ length: routes }, (_, i) => limit(() => api.demand("POST", PATH, one(i)))));
}

/** Deletes them. */
export async function removeRoutes({ api }: Cluster): Promise<void> {
  await eventually(
    "all routes deleted",
    async () => {
      await api.request("DELETE", PATH);
      const { items } = await api.demand<{ items: object[] }>("GET", `${PATH}?limit=1`);
      return items.length === 0 ? true : undefined;
    },
    GONE_MS,
  );
}
