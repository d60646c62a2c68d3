import { expect } from "chai";
import type { Service } from "../../../kube/core/services.ts";
import { canaryServiceOf } from "../../../rollout/traffic/canary-service.ts";
import { admitRoutes, admitServices } from "../../../webhook/in-flight.ts";
import { Lanes } from "../../../webhook/lanes.ts";
import { FakeApi } from "../../support/api.ts";
import { AT_NOON, aDeployment, aRoute, aService } from "../../support/builders.ts";
import { hastyClock } from "../../support/clock.ts";
import { applied } from "../../support/routes.ts";

describe("webhook/in-flight", () => {
  it("refuses every update of a canary Service", async () => {
    const api = await FakeApi.start();
    const kube = api.connect();
    const canaryService = canaryServiceOf(aService(), aDeployment(), "canary");
    const object: Service = { ...canaryService, spec: { ...canaryService.spec, selector: { app: "mine" } } };
    const kind = { group: "", version: "v1", kind: "Service" };
    const request = { uid: "1", operation: "UPDATE", kind, object, oldObject: canaryService } as const;
    expect(await admitServices(kube, new Lanes(hastyClock))(request)).to.deep.equal({
      allowed: false,
      message:
        "Service web-canary carries the canary's traffic until the rollout in flight is over; give yours another name",
    });
    await kube.close();
    await api.stop();
  });

  it("refuses a route that is too large only with Serin's rules, in words about these", async () => {
    const rules = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        matches: [{ path: { value: `/${i}` } }],
        backendRefs: [{ name: "web", port: 80 }],
      }));
    const route = { ...aRoute({ rules: rules(8) }), kind: "HTTPRoute" };
    const match = [{ headers: [{ type: "Exact" as const, name: "x-a", value: "1" }] }];
    const share = { canaryServices: { web: "web-canary" }, weight: 10, since: AT_NOON, match };
    const oldObject = applied(route, { "uid-web": { namespace: "shop", ...share } });
    expect(oldObject.spec.rules).to.have.length(16);
    const kind = { group: "gateway.networking.k8s.io", version: "v1", kind: "HTTPRoute" };
    const answer = (count: number) => {
      const object = { ...route, spec: { ...route.spec, rules: rules(count) } };
      return admitRoutes({ uid: "1", operation: "UPDATE", kind, object, oldObject });
    };
    expect(await answer(9)).to.deep.equal({
      allowed: false,
      message:
        "route shop/web: during the rollout, the route would have 18 rules, and the Gateway API allows 16",
    });
    expect(await answer(7)).to.have.property("allowed", true);
    expect(await answer(17), "which the API server refuses by itself").to.have.property("allowed", true);
  });
});
