import type { Kube } from "../../kube/client/api.ts";
import { RouteIndex } from "../../kube/runtime/route-index.ts";
import { leanRoute } from "../../rollout/traffic/lean-route.ts";
import type { FakeApi } from "./api.ts";
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
