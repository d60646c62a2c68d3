import { expect } from "chai";
import { gatewaysOf, notAccepted, settleMs } from "../../rollout/gateway.ts";
import type { Condition, ParentStatus, Route } from "../../rollout/objects.ts";
import { aRoute } from "../support/builders.ts";

const traefik = "traefik.io/gateway-controller";
const parent = (controllerName: string, conditions: Partial<Condition>[] = []): ParentStatus => ({
  controllerName,
  conditions: ["Accepted", "ResolvedRefs"].map((type) => ({
    type,
    status: "True",
    observedGeneration: 2,
    ...conditions.find((condition) => condition.type === type),
  })),
});
const route = (...parents: ParentStatus[]): Route => aRoute({ meta: { generation: 2 }, status: { parents } });

describe("gateway", () => {
  const accepted: [string, Route, RegExp | undefined][] = [
    ["all parents agree", route(parent(traefik), parent("a.io/b")), undefined],
    ["nobody answers", route(), /no gateway answers for route shop\/web/],
    ["it has no status at all", aRoute({ status: {} }), /no gateway answers/],
    [
      "one parent is behind",
      route(parent(traefik), parent("a.io/b", [{ type: "ResolvedRefs", observedGeneration: 1 }])),
      /a.io\/b has not yet seen generation 2/,
    ],
    [
      "a ref is not resolved",
      route(
        parent(traefik, [
          { type: "ResolvedRefs", status: "False", reason: "BackendNotFound", message: "no web-canary" },
        ]),
      ),
      /traefik.*ResolvedRefs=False \(BackendNotFound\).*no web-canary/,
    ],
    ["a condition is missing", route({ controllerName: traefik, conditions: [] }), /has not yet seen/],
  ];
  for (const [when, asked, complaint] of accepted) {
    it(`${complaint ? "waits for" : "takes"} a route when ${when}`, () => {
      if (complaint === undefined) expect(notAccepted(asked)).to.equal(undefined);
      else expect(notAccepted(asked)).to.match(complaint);
    });
  }

  it("waits as long as the slowest of a route's gateways, and longer for one it does not know", () => {
    expect(settleMs(route())).to.equal(0);
    expect(settleMs(route(parent(traefik), parent(traefik)))).to.equal(2_500);
    expect(settleMs(route(parent(traefik), parent("networking.gke.io/gateway")))).to.equal(90_000);
    expect(settleMs(route(parent("new.io/gateway")))).to.be.at.least(10_000);
    expect(gatewaysOf(route(parent("new.io/gateway")))).to.deep.include({
      name: "new.io/gateway",
      settleMs: 10_000,
    });
  });
});
