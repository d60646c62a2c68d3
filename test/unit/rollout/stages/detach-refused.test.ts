import { expect } from "chai";
import type { Condition } from "../../../../kube/core/meta.ts";
import type { Route } from "../../../../kube/core/routes.ts";
import { lastRunOf } from "../../../../rollout/workload/run-record.ts";
import type { World } from "../../../model/world.ts";
import { aShop, ending, image, outcome } from "../../../support/shop.ts";

const dropped = { type: "PartiallyInvalid", status: "True", reason: "UnsupportedValue" } as const;
const kept = { ...dropped, message: "Fall Back to the rules of generation 1" };
const unprogrammed = { type: "Programmed", status: "False", reason: "TranslationError" } as const;
const refused = { type: "Accepted", status: "False", reason: "UnsupportedValue" } as const;

const isAttached = ({ spec }: Route) =>
  (spec.rules ?? []).some(({ backendRefs = [] }) => backendRefs.some(({ name }) => name === "web-canary"));

/** Has the gateway say this of the route, beside its usual conditions or instead of one, while `when` holds. */
function say(world: World, said: Condition, when: (route: Route) => boolean): void {
  const follow = world.follow.bind(world);
  world.follow = () => {
    follow();
    const route = world.get("httproutes", "web");
    if (!when(route)) return;
    const { generation = 0 } = route.metadata;
    const parents = (route.status?.parents ?? []).map(({ conditions = [], ...parent }) => ({
      ...parent,
      conditions: [
        ...conditions.filter(({ type }) => type !== said.type),
        { observedGeneration: generation, message: "of rule 0", ...said },
      ],
    }));
    world.put("httproutes", { ...route, status: { parents } });
  };
}

/** A rollout behind a gateway that says this; how long (s) the canary Service was attached, and the outcome. */
function rollOut(said: Condition, when = isAttached, before = false) {
  const world = aShop();
  if (before) {
    say(world, said, when);
    world.tick();
  }
  world.request("web", image("web:2"));
  if (!before) say(world, said, when);
  let attached = 0;
  for (let i = 0; i < 30; i += 1) {
    world.run(1);
    if (isAttached(world.get("httproutes", "web"))) attached += 5;
  }
  return { world, attached, run: lastRunOf(world.get("replicasets", "web-h2")) };
}

describe("a gateway that leaves out a rule for the canary Service in it", () => {
  const losses: readonly Condition[] = [
    { ...dropped, message: "Dropped Rule 0" },
    dropped,
    unprogrammed,
    refused,
  ];
  for (const said of losses)
    it(`gets the route back as it was, soon and before any weight: ${said.type}, ${said.message ?? ""}`, () => {
      const { world, attached, run } = rollOut(said);
      expect(run?.outcome).to.equal("failed");
      expect(run?.message).to.match(
        /^rolled back before it had any traffic: traefik.* says .*\(\w+\) of route/,
      );
      expect(attached, "seconds").to.be.at.most(10);
      expect(ending(world).rules).to.deep.equal(ending(aShop()).rules);
      expect(world.story.filter((line) => line.startsWith("web "))).to.deep.equal(["web 1:0", "web 1"]);
    });

  it("is waited for if it goes on with the rules as they were", () => {
    const { attached, run } = rollOut(kept);
    expect(run?.outcome).to.equal("running");
    expect(attached).to.be.above(100);
  });

  it("keeps no rollout from its weight with a rule that was left out before", () => {
    expect(rollOut(dropped, () => true, true).run?.step).to.be.above(0);
    expect(rollOut(unprogrammed, () => true, true).run?.step).to.be.above(0);
  });

  it("is not believed about a generation before, nor without an answer", () => {
    for (const said of [
      { ...dropped, observedGeneration: 0 },
      { ...unprogrammed, status: "Unknown" },
      { ...dropped, status: "False" },
    ] satisfies Condition[])
      expect(rollOut(said).run?.step, said.status).to.be.above(0);
  });

  it("gets the route back as soon as a controller is there again", () => {
    const world = aShop();
    say(world, dropped, isAttached);
    world.request("web", image("web:2"));
    for (let i = 0; i < 60 && !isAttached(world.get("httproutes", "web")); i += 1) world.run(1);
    for (let i = 0; i < 20; i += 1) world.tick();
    world.run(2);
    expect(isAttached(world.get("httproutes", "web"))).to.equal(false);
    expect(outcome(world, "web-h2")).to.equal("failed");
  });

  for (const said of losses)
    it(`rolls nothing back for ${said.type} after a weight, when the canary Service is not the cause`, () => {
      const world = aShop({ annotations: { "serin.dev/steps": "10, 30, 100" } });
      let from = Number.POSITIVE_INFINITY;
      say(world, said, () => world.now >= from && world.now < from + 20_000);
      world.request("web", image("web:2"));
      world.runTo(30);
      from = world.now + 15_000;
      world.run(40);
      expect(outcome(world, "web-h2")).to.equal("promoted");
    });

  it("rolls nothing back that it says long after Serin's write", () => {
    const world = aShop({ annotations: { "serin.dev/steps": "10, pause, 100" } });
    let isLate = false;
    say(world, dropped, () => isLate);
    world.request("web", image("web:2"));
    for (let i = 0; i < 40; i += 1) world.run(1);
    isLate = true;
    for (let i = 0; i < 10; i += 1) world.run(1);
    expect(outcome(world, "web-h2")).to.equal("running");
    expect(world.decided?.condition?.message).to.match(/PartiallyInvalid=True/);
  });
});
