import { expect } from "chai";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { aStage, message, pods, runTo, runToPause } from "../../../model/stage.ts";
import { edit, ending, expectRest, image, outcome } from "../../../support/shop.ts";

describe("blue-green", () => {
  const plan = { rollout: "blue-green", mirror: "100%", steps: "100:5m" };

  it("tries the new version with copies, switches, keeps the old one for a while, and promotes", () => {
    const stage = aStage(plan);
    const { world, given } = stage;
    world.request("web", image("web:2"));
    runTo(stage, "copies of 100%");
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 5 });
    runTo(stage, "100%");
    const switched = world.now;
    world.run(30);
    expect(pods(world), "baking").to.deep.equal({ "web-h1": 5, "web-h2": 5 });
    world.run();
    expect(world.now - switched).to.be.above(5 * 60_000);
    expect(given).to.deep.equal(["-", "0%", "copies of 100%", "100%", "0%", "-"]);
    expectRest(world, "web:2", { "web-h2": 5 });
    expect(outcome(world, "web-h2")).to.equal("promoted");
  });

  it("exposes no user to a version that fails with copies", () => {
    const { world, given } = aStage(plan);
    world.request("web", image("web:bad"));
    world.run();
    expect(given).to.deep.equal(["-", "0%", "copies of 100%", "0%", "-"]);
    expect(message(world)).to.match(/^rolled back at copies of 100% after \d+s: /);
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 1 });
  });

  it("switches back at once to the old version, which is there in full", () => {
    const stage = aStage(plan);
    const { world, given } = stage;
    world.request("web", image("web:late"));
    runTo(stage, "100%");
    const switched = world.now;
    runTo(stage, "0%");
    expect(world.now - switched).to.be.at.most(15_000);
    expect(pods(world)["web-h1"]).to.equal(5);
    world.run();
    expect(given).to.deep.equal(["-", "0%", "copies of 100%", "100%", "0%", "-"]);
    expect(message(world)).to.match(/^rolled back at 100% after \w+: success-rate >= 99% is broken/);
    expect(outcome(world, "web-h2")).to.equal("failed");
  });

  it("waits with everything ready where the plan pauses before the switch, and lets testers in", () => {
    const stage = aStage({ rollout: "blue-green", steps: "pause, 100", match: "header x-t=1" });
    const { world, given } = stage;
    world.request("web", image("web:2"));
    runToPause(world);
    world.run(100);
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 5 });
    expect(given).to.deep.equal(["-", "0%", "the matching users and testers"]);
    world.request("web", edit({ paused: false }));
    world.run();
    expect(given.slice(3)).to.deep.equal(["100% and testers", "0%", "-"]);
    expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h2": 5 } });
  });
});

describe("ab-test", () => {
  const plan = { rollout: "ab-test", match: "header x-t=1, cookie t=1", iterations: "5", interval: "30s" };

  it("gives the new version to those who match only, for its iterations, and promotes by thresholds", () => {
    const stage = aStage(plan);
    const { world, given } = stage;
    world.request("web", image("web:2"));
    runTo(stage, "the matching users and testers");
    const began = world.now;
    const rules = world.get("httproutes", "web").spec.rules ?? [];
    expect(rules.map(({ matches }) => (matches as object[])?.length)).to.deep.equal([undefined, 2]);
    expect(rules.map(({ backendRefs }) => backendRefs?.map(({ weight = 1 }) => weight))).to.deep.equal([
      [1, 0],
      [0, 1],
    ]);
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 5 });
    world.run();
    expect(world.now - began).to.be.within(150_000, 240_000);
    expect(given).to.deep.equal(["-", "0%", "the matching users and testers", "0%", "-"]);
    expectRest(world, "web:2", { "web-h2": 5 });
  });

  it("takes it back by its thresholds", () => {
    const { world } = aStage(plan);
    world.request("web", image("web:bad"));
    world.run();
    expect(message(world)).to.match(
      /^rolled back at the matching users after \d+s: success-rate >= 99% is broken/,
    );
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 1 });
  });

  for (const [what, traffic] of Object.entries({
    "no user matches": { canary: 0, stable: 1_000 },
    "no request comes": { canary: 0, stable: 0 },
  })) {
    it(`holds while ${what}, however long, and never promotes`, () => {
      const { world, given } = aStage(plan);
      world.traffic = traffic;
      world.request("web", image("web:2"));
      world.run(400);
      expect(holdRecordOf(world.get("deployments", "web"))?.phase).to.equal("canary");
      expect(outcome(world, "web-h2")).to.equal("running");
      expect(given.at(-1)).to.equal("the matching users and testers");
      expect(world.decided?.condition?.message).to.match(/^holding at the matching users: /);
      world.traffic = { canary: 100, stable: 1_000 };
      world.run();
      expect(outcome(world, "web-h2")).to.equal("promoted");
    });
  }

  it("tries copies first where they are wanted", () => {
    const { world, given } = aStage({ ...plan, mirror: "100%" });
    world.request("web", image("web:2"));
    world.run();
    expect(given).to.deep.equal(["-", "0%", "copies of 100%", "the matching users and testers", "0%", "-"]);
  });
});

describe("canary", () => {
  it("lets testers in before the first step, but not while it is tried with copies", () => {
    const { world, given } = aStage({ steps: "10, 50", match: "header x-t=1", mirror: "100%" });
    world.request("web", image("web:2"));
    world.run();
    expect(given).to.deep.equal([
      "-",
      "0%",
      "copies of 100%",
      "10% and testers",
      "50% and testers",
      "0%",
      "-",
    ]);
    expectRest(world, "web:2", { "web-h2": 5 });
  });

  it("lets testers in at a first pause, and no other user", () => {
    const { world, given } = aStage({ steps: "pause, 10", match: "header x-t=1" });
    world.request("web", image("web:2"));
    runToPause(world);
    world.run(50);
    expect(given).to.deep.equal(["-", "0%", "the matching users and testers"]);
    world.request("web", edit({ paused: false }));
    world.run();
    expect(given.slice(3)).to.deep.equal(["10% and testers", "0%", "-"]);
  });

  it("keeps users at their version, by the cookie of this rollout", () => {
    const stage = aStage({ steps: "10, 50", sticky: "1h" });
    const { world, given } = stage;
    world.request("web", image("web:2"));
    runTo(stage, "10%, kept");
    const { rules = [] } = world.get("httproutes", "web").spec;
    const id = Date.parse(holdRecordOf(world.get("deployments", "web"))?.started ?? "").toString(36);
    expect(rules.map(({ backendRefs = [] }) => backendRefs.map(({ weight = 1 }) => weight))).to.deep.equal([
      [9, 1],
      [0, 1],
      [1, 0],
    ]);
    expect(JSON.stringify(rules[1]?.matches)).to.contain(`serin-shop-web=${id}-canary`);
    expect(JSON.stringify(rules[2]?.matches)).to.contain(`serin-shop-web=${id}-stable`);
    expect(JSON.stringify(rules[0]?.backendRefs?.[1]?.filters)).to.contain(
      `serin-shop-web=${id}-canary; Max-Age=3600;`,
    );
    world.run();
    expect(given).to.deep.equal(["-", "0%", "10%, kept", "50%, kept", "0%", "-"]);
    expectRest(world, "web:2", { "web-h2": 5 });
  });

  for (const [size, wanted] of [
    ["2", 2],
    ["60%", 3],
  ] as const) {
    it(`has ${wanted} pods of 5 at every step where its size is ${size}`, () => {
      const stage = aStage({ steps: "1, 50", size });
      stage.world.request("web", image("web:2"));
      for (const what of ["1%", "50%"]) {
        runTo(stage, what);
        expect(pods(stage.world)).to.deep.equal({ "web-h1": 5, "web-h2": wanted });
      }
      stage.world.run();
      expectRest(stage.world, "web:2", { "web-h2": 5 });
    });
  }

  it("is refused where the gateway cannot, before anything runs", () => {
    const { world } = aStage({ mirror: "20%" });
    expect(world.request("web", image("web:2"))).to.match(/Contour copies every request/);
    const traefik = aStage({ mirror: "100%" }, "traefik.io/gateway-controller").world;
    expect(traefik.request("web", image("web:2"))).to.match(
      /Traefik answers every request of a rule that has a mirror with 500/,
    );
    expect(ending(traefik).marks).to.deep.equal([]);
  });

  it("is rolled back before it gets anything if the changed route cannot carry it", () => {
    const stage = aStage({ steps: "pause, 10", sticky: "1h" });
    const { world, given } = stage;
    world.request("web", image("web:2"));
    runToPause(world);
    const route = world.get("httproutes", "web");
    world.put("httproutes", {
      ...route,
      status: { parents: [{ controllerName: "konghq.com/kic-gateway-controller" }] },
    });
    world.request("web", edit({ paused: false }));
    world.run();
    expect(given).to.deep.equal(["-", "0%", "-"]);
    expect(message(world)).to.match(/before it had any traffic|Kong does not know filters/);
  });
});
