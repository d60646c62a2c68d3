import { expect } from "chai";
import { CheckedRoute } from "../../../conformance/checked-route.ts";
import { filters, matches, mirrors } from "../../../conformance/routing.ts";
import { systemClock } from "../../../kube/core/clock.ts";
import { FakeApi } from "../../support/api.ts";
import { FakeGateway } from "../../support/gateway.ts";

describe("the check of routing", () => {
  it("goes on after requests without an answer, and tells them", async () => {
    const api = await FakeApi.start();
    const gateway = await FakeGateway.start(api);
    const kube = api.connect();
    const target = { kube, clock: systemClock, namespace: "scratch", url: gateway.url, domain: "example" };
    const parent = { namespace: "edge", name: "gw" };
    const { signal } = new AbortController();
    const route = await CheckedRoute.open({ ...target, parent, holdMs: 10, signal }, "HTTPRoute", 10_000);
    gateway.fault = "reset";
    const [ofMatches, ofMirrors, ofFilters] = [
      await matches(route),
      await mirrors(route),
      await filters(route),
    ];
    expect(ofMatches["header, exact"]).to.match(/^always got no answer \(.+\); always2 got no answer \(/);
    expect(ofMirrors["mirror, 20 %"]).to.match(
      /^\d+ of \d+ failed; the pod does not tell its requests \(no answer \(.+\)\)$/,
    );
    expect(ofFilters["filters of a backend"]).to.match(/^no answer \(.+\)$/);
    await Promise.all([route.close(), kube.close(), gateway.stop()]);
    await api.stop();
  });
});
