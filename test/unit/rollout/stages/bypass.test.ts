import { expect } from "chai";
import type { ParentRef } from "../../../../kube/core/routes.ts";
import { bypassOf } from "../../../../rollout/stages/bypass.ts";
import { AT_NOON, aRoute, NOON } from "../../../support/builders.ts";
import { aRollout, carrying } from "../../../support/rollout.ts";

const annotations = { "serin.dev/metrics": "application" };

describe("why a canary may get no requests without a fault of its own", () => {
  it("is that the application counts requests beside the gateway's", () => {
    expect(bypassOf(aRollout({ annotations }))).to.equal(
      "the application's own metrics count requests that come without the gateway too",
    );
  });

  it("is that clients keep their connections, where no route splits the requests", () => {
    const byPods = aRollout({ annotations, routes: [], run: { inForceSince: AT_NOON } });
    expect(bypassOf(byPods)).to.equal(
      "no route names a Service of these pods, so a client that keeps its connection stays at one pod",
    );
  });

  for (const [settings, counted] of [
    [{}, "Istio"],
    [{ "serin.dev/metrics": "envoy" }, "Istio's Envoy"],
  ] as const)
    it(`is that ${counted} counts requests from inside the mesh, unless a route splits these`, () => {
      const through = (parentRefs: ParentRef[]) => {
        const status = { parents: [{ controllerName: "istio.io/gateway-controller" }] };
        const route = carrying(aRoute({ status }), 10, NOON);
        const routes = [{ ...route, spec: { ...route.spec, parentRefs } }];
        return bypassOf(aRollout({ annotations: settings, routes }));
      };
      expect(through([{ name: "gw" }])).to.equal(
        `${counted} counts requests from inside the mesh, which come without a Gateway, too`,
      );
      expect(through([{ name: "gw" }, { group: "", kind: "Service", name: "web" }])).to.equal(undefined);
    });

  it("is unknown behind a route that splits all requests", () => {
    expect(bypassOf(aRollout())).to.equal(undefined);
  });
});
