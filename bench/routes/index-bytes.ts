import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Kube, Where } from "../../kube/client/api.ts";
import { systemClock } from "../../kube/core/clock.ts";
import type { KubeObject } from "../../kube/core/meta.ts";
import type { Resource } from "../../kube/core/resources.ts";
import type { Route } from "../../kube/core/routes.ts";
import { RouteIndex } from "../../kube/runtime/route-index.ts";
import { leanRoute } from "../../rollout/traffic/lean-route.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** How much heap (bytes) an index of so many usual routes needs, each with a host, a parent and two Services. */
export async function indexBytes(routes: number): Promise<number> {
  const stop = new AbortController();
  const before = heapBytes();
  const index = new RouteIndex({
    kube: serverOf(routes),
    reduce: leanRoute,
    clock: systemClock,
    log: quiet,
    signal: stop.signal,
  });
  await index.synced;
  const bytes = heapBytes() - before;
  if (index.of("shop-0").length === 0) throw new Error("the index is empty");
  stop.abort();
  return bytes;
}

/** An API server with so many HTTPRoutes, 20 in a namespace. It makes each route when the index reads it. */
function serverOf(routes: number): Kube {
  const list = async (
    { plural }: Resource,
    _where: Where,
    _query: object,
    pick: (object: KubeObject) => KubeObject,
  ) => ({
    items: Array.from({ length: plural === "httproutes" ? routes : 0 }, (_, i) => pick(routeOf(i))),
    resourceVersion: "1",
  });
  async function* watch(...[, , , signal]: Parameters<Kube["watch"]>) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    yield* [];
  }
  return { list, watch } as unknown as Kube;
}

function routeOf(i: number): Route {
  const namespace = `shop-${Math.floor(i / 20)}`;
  const text = JSON.stringify({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: {
      name: `route-${i}`,
      namespace,
      uid: `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`,
      resourceVersion: String(i + 1),
      generation: 1,
    },
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
  });
  // As a client does, so that no route shares its texts with another one.
  return JSON.parse(text);
}

function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}
