import { expect } from "chai";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { lastRunOf } from "../../../../rollout/workload/run-record.ts";
import type { World } from "../../../model/world.ts";
import { annotate, aShop, edit, ending, expectRest, image, outcome, watched } from "../../../support/shop.ts";

const deployment = (world: World, name = "web") => world.get("deployments", name);
const pods = (world: World) => ending(world).pods;

describe("a rollout in a simulated cluster, while people act", () => {
  it("keeps both versions' sizes through scaling, also through small numbers and zero", () => {
    const world = aShop({ annotations: { "serin.dev/steps": "20:2h" } });
    world.request("web", image("web:2"));
    world.runTo(20);
    for (const [replicas, expected] of [
      [10, { "web-h1": 10, "web-h2": 2 }],
      [4, { "web-h1": 4, "web-h2": 1 }],
      [1, { "web-h1": 1, "web-h2": 1 }],
      [6, { "web-h1": 6, "web-h2": 2 }],
      [0, {}],
      [5, { "web-h1": 5, "web-h2": 1 }],
    ] as const) {
      world.put("deployments", edit({ replicas })(deployment(world)));
      world.run(20);
      expect(pods(world), `${replicas} replicas`).to.deep.equal(expected);
    }
  });

  it("waits while the user pauses, and goes on when he resumes", () => {
    const world = watched(aShop());
    world.request("web", edit({ paused: true }));
    world.request("web", image("web:2"));
    world.run(20);
    expect(pods(world)).to.deep.equal({ "web-h1": 5 });
    world.request("web", edit({ paused: false }));
    world.runTo(25);
    world.request("web", edit({ paused: true }));
    world.run(50);
    expect(
      world.list("httproutes")[0]?.spec.rules?.[0]?.backendRefs?.map(({ weight }) => weight),
    ).to.deep.equal([3, 1]);
    world.request("web", edit({ paused: false }));
    world.run();
    expect(outcome(world, "web-h2")).to.equal("promoted");
    expect(pods(world)).to.deep.equal({ "web-h2": 5 });
  });

  it("pauses where the plan says so, and ends that pause with a revert or a newer version, too", () => {
    for (const next of ["resume", "web:1", "web:3"]) {
      const world = watched(aShop({ annotations: { "serin.dev/steps": "10, pause, 50" } }));
      world.request("web", image("web:2"));
      for (let i = 0; i < 100 && !deployment(world).spec.paused; i += 1) world.run(1);
      world.run(50);
      expect(deployment(world).spec.paused, "paused by the plan").to.equal(true);
      const [weight] = world
        .list("httproutes")
        .flatMap(({ spec }) => spec.rules?.[0]?.backendRefs?.[1]?.weight ?? []);
      expect(weight).to.equal(1);
      world.request("web", next === "resume" ? edit({ paused: false }) : image(next));
      for (
        let i = 0;
        i < 200 && outcome(world, "web-h3") !== "running" && holdRecordOf(deployment(world));
        i += 1
      )
        world.run(1);
      if (next !== "web:3") expect(ending(world).marks, next).to.deep.equal([]);
      else expect(outcome(world, "web-h3")).to.equal("running");
    }
  });

  it("gives a version that fails during a pause of the plan back to the user unpaused", () => {
    const world = aShop({ annotations: { "serin.dev/steps": "10, pause", "serin.dev/on-failure": "undo" } });
    world.request("web", image("web:2"));
    for (let i = 0; i < 100 && !deployment(world).spec.paused; i += 1) world.run(1);
    world.run(3);
    world.request("web", annotate("serin.dev/abort", "1"));
    world.run();
    expectUndone(world);
  });
  function expectUndone(world: World): void {
    expect(ending(world).marks).to.deep.equal([]);
    expect(deployment(world).spec).not.to.have.property("paused");
    expect(pods(world)).to.deep.equal({ "web-h1": 5 });
  }

  it("shares by pods where no route names a Service, and says so in the record", () => {
    const world = aShop({ routed: false, annotations: { "serin.dev/checks": "none" } });
    world.request("web", image("web:2"));
    world.run(8);
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 1 });
    expect(world.list("services")[0]?.spec.selector, "the canary is in the Service").to.deep.equal({
      app: "web",
    });
    world.run();
    expect(ending(world)).to.deep.include({ marks: [], pods: { "web-h2": 5 } });
    expect(world.story).to.deep.equal([
      "CanaryStarted",
      "CanaryStep",
      "CanaryStep",
      "CanaryProven",
      "Promoted",
    ]);
  });

  it("refuses a slip in serin.dev/services, which would leave the canary behind none", () => {
    const world = watched(aShop({ annotations: { "serin.dev/services": "wbe" } }));
    expect(world.request("web", image("web:2"))).to.match(/no Service "wbe" selects these pods: use web/);
  });

  it("takes a version back before any traffic for a slip in serin.dev/routes", () => {
    const world = watched(aShop({ annotations: { "serin.dev/routes": "wbe" } }));
    world.request("web", image("web:2"));
    world.run();
    expect(outcome(world, "web-h2")).to.equal("failed");
    expect(world.story.filter((line) => /^web \d+:[1-9]/.test(line))).to.deep.equal([]);
    const { message } =
      world
        .list("replicasets")
        .map(lastRunOf)
        .find((run) => run !== undefined) ?? {};
    expect(message).to.match(/no route "wbe" names a Service of these pods \(web\)/);
  });

  for (const [where, options] of [
    ["no route names its Service", { routed: false, annotations: { "serin.dev/checks": "none" } }],
    ["serin.dev/routes leaves its route out", { annotations: { "serin.dev/routes": "wbe" } }],
  ] as const)
    it(`leads no request to a version without a record where ${where}`, () => {
      const world = aShop(options);
      world.request("web", image("web:2"));
      world.reconcile("web");
      // The controller dies here, and the new pods become ready.
      for (let i = 0; i < 3; i += 1) world.tick();
      expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 1 });
      expect([...world.endpoints(world.get("services", "web"))]).to.deep.equal([["h1", 5]]);
    });

  it("leaves no failed pod in a Service that shared by pods", () => {
    const world = aShop({ routed: false, annotations: { "serin.dev/checks": "none" } });
    world.request("web", image("web:2"));
    world.run(8);
    world.request("web", annotate("serin.dev/abort", "1"));
    world.run(20);
    expect(pods(world)).to.deep.equal({ "web-h1": 5, "web-h2": 1 });
    expect(world.list("services")[0]?.spec.selector).to.deep.equal({ app: "web", "pod-template-hash": "h1" });
  });

  it("fills the stable version up when a new one starts while it is short", () => {
    const world = aShop();
    world.request("web", image("web:never"));
    world.run(2);
    world.put("deployments", edit({ replicas: 0 })(deployment(world)));
    world.run(2);
    world.request("web", annotate("serin.dev/abort", "1"));
    world.put("deployments", edit({ replicas: 4 })(deployment(world)));
    world.run(3);
    world.request("web", image("web:3"));
    world.run();
    expectRest(world, "web:3", { "web-h3": 4 });
  });

  it("rolls out two Deployments behind one route at once, each as it goes", () => {
    const world = watched(aShop({ neighbour: true }));
    const { rules, services } = ending(world);
    world.request("web", image("web:2"));
    world.runTo(25);
    world.request("api", image("api:bad"));
    world.run();
    world.request("api", image("api:1"));
    world.run();
    expect(ending(world)).to.deep.include({ rules, services, marks: [], pods: { "web-h3": 5, "api-h2": 5 } });
  });

  it("promotes on request before its time, and aborts on request", () => {
    for (const [verb, end] of [
      ["promote", "promoted"],
      ["abort", "failed"],
    ] as const) {
      const world = watched(aShop({ annotations: { "serin.dev/steps": "10:2h" } }));
      world.request("web", image("web:2"));
      world.runTo(10);
      world.request("web", annotate(`serin.dev/${verb}`, "1"));
      world.run(30);
      expect(outcome(world, "web-h2")).to.equal(end);
    }
  });
});
