import { expect } from "chai";
import { settle } from "../../../conformance/changes.ts";
import { CheckedRoute } from "../../../conformance/checked-route.ts";
import { systemClock } from "../../../kube/core/clock.ts";
import { FakeApi } from "../../support/api.ts";
import { FakeGateway } from "../../support/gateway.ts";

describe("how soon a gateway follows a change", () => {
  it("is measured also if it takes longer than the check waits", async () => {
    const api = await FakeApi.start();
    const gateway = await FakeGateway.start(api);
    const kube = api.connect();
    const target = { kube, clock: systemClock, namespace: "scratch", url: gateway.url, domain: "example" };
    const parent = { namespace: "edge", name: "gw" };
    const { signal } = new AbortController();
    const route = await CheckedRoute.open({ ...target, parent, holdMs: 500, signal }, "HTTPRoute", 10_000);
    gateway.lagMs = 1_500;
    const { lastMs, changes } = await settle(route, 1);
    expect(changes).to.equal(2);
    expect(lastMs).to.be.within(1_400, 10_000);
    await Promise.all([route.close(), kube.close(), gateway.stop()]);
    await api.stop();
  });
});
