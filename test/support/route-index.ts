import type { Kube } from "../../kube/client/api.ts";
import { RouteIndex } from "../../kube/runtime/route-index.ts";
import { leanRoute } from "../../rollout/traffic/lean-route.ts";
import { FakeApi } from "./api.ts";
import { hastyClock } from "./clock.ts";
import { eventually } from "./eventually.ts";
import { noLog } from "./log.ts";

/** An index of the server's routes that follows them already. The server forgets the index's requests. */
export async function followRoutes(api: FakeApi, kube: Kube, signal: AbortSignal): Promise<RouteIndex> {
  const index = new RouteIndex({ kube, reduce: leanRoute, clock: hastyClock, log: noLog, signal });
  await index.synced;
  await eventually("both kinds followed", () => api.watching === 2);
  api.requests.length = 0;
  return index;
}

/** An API server in memory, a client of it, and an index that follows its routes. */
export interface Followed {
  readonly api: FakeApi;
  readonly kube: Kube;
  readonly index: RouteIndex;
  /** Ends all three. */
  close(): Promise<void>;
}

/** Opens them, without any object. */
export async function openFollowed(): Promise<Followed> {
  const api = await FakeApi.start();
  // Lists of 64 Mi take a loaded machine a while.
  const kube = api.connect({ timeoutMs: 60_000 });
  const stop = new AbortController();
  const index = await followRoutes(api, kube, stop.signal);
  return {
    ...{ api, kube, index },
    async close() {
      stop.abort();
      await kube.close();
      await api.stop();
    },
  };
}
