import { expect } from "chai";
import type { BackendRef } from "../../../../kube/core/routes.ts";
import { besideWarnings } from "../../../../rollout/admission/beside-warnings.ts";
import { idleRoutes } from "../../../../rollout/traffic/idle.ts";
import { aRoute, aService } from "../../../support/builders.ts";
import { carrying } from "../../../support/rollout.ts";

const services = [aService()];
const web = (weight?: number, more: object = {}): BackendRef => ({
  name: "web",
  port: 80,
  ...(weight !== undefined && { weight }),
  ...more,
});
const blue = { name: "blue", port: 80, weight: 100 };
const idle = aRoute({ backends: [blue, web(0)] });
const clause = "HTTPRoute shop/web gives Service web a weight of 0";

describe("routes that bring a Service no request", () => {
  for (const [what, route, found] of [
    ["gives it a weight of 0", idle, [clause]],
    [
      "does so in each rule",
      aRoute({ rules: [idle, idle].flatMap(({ spec }) => spec.rules ?? []) }),
      [clause],
    ],
    ["does so while it carries the overlay", carrying(idle, 25, 0), [clause]],
    [
      "gives it a weight in one rule",
      aRoute({ rules: [{ backendRefs: [web(0)] }, { backendRefs: [web(1)] }] }),
      [],
    ],
    ["gives it the weight of a ref without one", aRoute({ backends: [blue, web()] }), []],
    [
      "gives another kind of the same name a weight of 0",
      aRoute({ backends: [web(0, { kind: "Backend", group: "x" })] }),
      [],
    ],
    [
      "gives a Service of another namespace a weight of 0",
      aRoute({ backends: [web(0, { namespace: "other" })] }),
      [],
    ],
    ["does not name it", aRoute({ backends: [blue] }), []],
  ] as const)
    it(`${found.length > 0 ? "are told" : "are not"}: one ${what}`, () => {
      expect(idleRoutes(services, [route])).to.deep.equal(found);
    });

  it("are none beside a route that brings some", () => {
    const other = aRoute({ meta: { name: "other" } });
    expect(idleRoutes(services, [idle, other])).to.deep.equal([]);
    expect(idleRoutes(services, [])).to.deep.equal([]);
  });

  it("are a warning at admission", () => {
    expect(besideWarnings({ services, routes: [idle], ingresses: [] })).to.deep.equal([
      `${clause}: neither version has requests until the route's owner raises it`,
    ]);
  });
});
