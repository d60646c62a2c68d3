import { expect } from "chai";
import { lastRunOf } from "../../../../rollout/workload/run-record.ts";
import { annotate, aShop, edit, image } from "../../../support/shop.ts";

describe("a weight that a superseded version had", () => {
  it("is not told of the version that superseded it", () => {
    const world = aShop({ annotations: { "serin.dev/steps": "50:2h" } });
    world.request("web", image("web:2"));
    world.runTo(50);
    world.request("web", image("web:3"));
    expect(world.request("web", annotate("serin.dev/abort", "2"))).to.equal(undefined);
    world.run(10);
    const { status } = world.get("deployments", "web");
    const told = status?.conditions?.find(({ type }) => type === "Canary")?.message;
    expect(told).to.match(/^rolled back before it had any traffic: aborted on request/);
  });
});

describe("a weight that is taken with the Service", () => {
  it("is told after an order to promote", () => {
    const world = aShop({ annotations: { "serin.dev/steps": "50:2h" } });
    world.request("web", image("web:2"));
    world.runTo(50);
    world.check = () => {};
    world.remove("services", "web");
    world.run(2);
    world.request("web", annotate("serin.dev/promote", "1"));
    world.run(1);
    const run = world.list("replicasets").flatMap((set) => lastRunOf(set) ?? [])[0];
    expect(run?.message).to.match(/^proven at 50%: promoted on request/);
  });
});

/** Native control writes a ReplicaSet that it scales, so Serin's note of the weight there meets a conflict. */
describe("a weight that is taken in the moment of a scale to zero", () => {
  for (const [order, says] of [
    ["promote", /^proven at 50%: promoted on request/],
    ["abort", /^rolled back after it had 50% of the traffic: aborted on request/],
  ] as const)
    it(`is told after an order to ${order}, although the record has missed it`, () => {
      const world = aShop({ annotations: { "serin.dev/steps": "50:2h" } });
      world.request("web", image("web:2"));
      world.runTo(50);
      world.refuses = (write) => write.verb === "merge" && write.kind === "replicasets";
      world.request("web", edit({ replicas: 0 }));
      world.run(1);
      world.refuses = () => false;
      world.request("web", annotate(`serin.dev/${order}`, "1"));
      world.run(2);
      const run = world.list("replicasets").flatMap((set) => lastRunOf(set) ?? [])[0];
      expect(run?.message).to.match(says);
    });
});

/** Admission drains the routes for an undo, and a policy behind it may refuse the undo. */
describe("a weight that is taken for an undo which is refused later", () => {
  const aborted = (...images: readonly string[]) => {
    const world = aShop({ annotations: { "serin.dev/steps": "50:2h" } });
    world.request("web", image("web:2"));
    world.runTo(50);
    for (const name of images) world.request("web", image(name));
    world.refuse = true;
    expect(world.request("web", image("web:1"))).to.equal("refused by another webhook");
    expect(world.request("web", annotate("serin.dev/abort", String(1 + images.length)))).to.equal(undefined);
    world.run(30);
    const { status } = world.get("deployments", "web");
    return status?.conditions?.find(({ type }) => type === "Canary")?.message;
  };

  it("is told", () => {
    expect(aborted()).to.match(/^rolled back after it had 50% of the traffic: aborted on request/);
  });

  it("is not told of the version that superseded its own", () => {
    expect(aborted("web:3")).to.match(/^rolled back before it had any traffic: aborted on request/);
  });
});
