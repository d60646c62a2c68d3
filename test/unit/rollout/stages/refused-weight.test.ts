import { expect } from "chai";
import { conditionOf } from "../../../../kube/core/meta.ts";
import type { Route } from "../../../../kube/core/routes.ts";
import { expose } from "../../../../rollout/stages/expose.ts";
import { unmetIn } from "../../../../rollout/stages/unmet.ts";
import { aRoute, NOON } from "../../../support/builders.ts";
import { aRollout, carrying } from "../../../support/rollout.ts";
import { aShop, image } from "../../../support/shop.ts";

/** A route whose second rule leads to a Service of another team. */
const shared = () =>
  aRoute({
    rules: [{ backendRefs: [{ name: "web", port: 80 }] }, { backendRefs: [{ name: "pay", port: 80 }] }],
  });

/** The same with what the gateway says of its backends. */
const refused = (route: Route, message: string): Route => ({
  ...route,
  status: {
    parents: [
      {
        controllerName: "traefik.io/gateway-controller",
        conditions: [
          { type: "Accepted", status: "True", observedGeneration: 1 },
          {
            type: "ResolvedRefs",
            status: "False",
            reason: "BackendNotFound",
            message,
            observedGeneration: 1,
          },
        ],
      },
    ],
  },
});

describe("a gateway that refuses the canary Service only with a weight", () => {
  it("gets a weight ever more rarely, and ends the rollout at the deadline", () => {
    const world = aShop();
    world.request("web", image("web:2"));
    const observe = world.observe.bind(world);
    let [before, changes] = [0, 0];
    world.observe = (name) => {
      const snapshot = observe(name);
      if (snapshot === undefined) return undefined;
      for (const route of snapshot.routes) {
        const weight = snapshot.shares.get(route)?.weight ?? 0;
        if (weight !== before) changes += 1;
        before = weight;
        for (const { conditions } of route.status?.parents ?? []) {
          const resolved = conditionOf(conditions, "ResolvedRefs");
          if (weight > 0 && resolved !== undefined)
            Object.assign(resolved, { status: "False", reason: "RefNotPermitted", message: "web-canary" });
        }
      }
      return snapshot;
    };
    world.run(3_600);
    expect(world.story).to.include("RolledBack");
    expect(changes).to.be.within(4, 40);
  });

  it("keeps no weight from the canary for a backend of somebody else", () => {
    const route = carrying(shared(), 25, NOON);
    const weightless = (message: string) => {
      const decision = expose(aRollout({ routes: [refused(route, message)], now: NOON + 30_000 }));
      return decision?.writes.some((write) => "kind" in write && write.kind === "httproutes");
    };
    expect(weightless('service "pay" not found')).to.not.equal(true);
    expect(weightless('service "web-canary" not found')).to.equal(true);
    expect(weightless("reference not permitted")).to.equal(true);
  });

  it("names no Service by a word of its own fields", () => {
    const route = aRoute({
      rules: [{ backendRefs: [{ name: "backend", port: 80 }] }, { backendRefs: [{ name: "pay", port: 80 }] }],
    });
    const said = "Failed to process route rule 1 backendRef 0: service shop/pay not found";
    expect(unmetIn(refused(route, said), undefined).unresolved).to.deep.equal(["pay"]);
  });
});
