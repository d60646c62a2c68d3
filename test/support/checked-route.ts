import { CheckedRoute } from "../../conformance/checked-route.ts";
import { systemClock } from "../../kube/core/clock.ts";
import { FakeApi } from "./api.ts";
import { FakeGateway } from "./gateway.ts";

/** Opens the HTTPRoute of a check behind a gateway in memory, and hands both over; closes them at the end. */
export async function withCheckedRoute(
  holdMs: number,
  use: (route: CheckedRoute, gateway: FakeGateway) => Promise<void>,
): Promise<void> {
  const api = await FakeApi.start();
  const gateway = await FakeGateway.start(api);
  const kube = api.connect();
  const target = { kube, clock: systemClock, namespace: "scratch", url: gateway.url, domain: "example" };
  const parent = { namespace: "edge", name: "gw" };
  const { signal } = new AbortController();
  try {
    const route = await CheckedRoute.open({ ...target, parent, holdMs, signal }, "HTTPRoute", 10_000);
    await use(route, gateway).finally(() => route.close());
  } finally {
    await Promise.all([kube.close(), gateway.stop()]);
    await api.stop();
  }
}
