import { expect } from "chai";
import { conditionOf } from "../../../../kube/core/meta.ts";
import type { HookAnswer, HookCall } from "../../../../rollout/hooks/call.ts";
import { awaitTrial } from "../../../../rollout/stages/hook-gates.ts";
import { holdRecordOf } from "../../../../rollout/workload/hold-record.ts";
import { lastRunOf } from "../../../../rollout/workload/run-record.ts";
import type { World } from "../../../model/world.ts";
import { AT_NOON, aRoute, NOON } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";
import { annotate, aShop, image } from "../../../support/shop.ts";

type Kind = HookAnswer["kind"];

/** A shop with one hook of each of these types, named after it, and what each was called for. */
function hooked(types: readonly string[], answer: (call: HookCall) => Kind | undefined, annotations = {}) {
  const list = types.map((type) => ({ name: type, type, url: "http://tester.test/" }));
  const world = aShop({
    annotations: {
      "serin.dev/interval": "10s",
      "serin.dev/max-interval": "60s",
      "serin.dev/hooks": JSON.stringify(list),
      ...annotations,
    },
  });
  const calls: { key: string; at: number; call: HookCall }[] = [];
  world.answer = (call) => {
    calls.push({ key: call.key, at: world.now, call });
    const kind = answer(call);
    if (kind === undefined) return undefined;
    if (kind === "none") return { kind, at: world.now, reason: "no answer: connection refused" };
    return { kind, at: world.now, status: kind === "yes" ? 200 : 403, body: "not now\n" };
  };
  return { world, calls };
}

const run = (world: World) =>
  world
    .list("replicasets")
    .map(lastRunOf)
    .find((found) => found !== undefined);
const weights = (world: World) => world.story.filter((line) => line.startsWith("web "));
const events = (world: World) => world.story.filter((line) => !line.startsWith("web "));
const phase = (world: World) => holdRecordOf(world.get("deployments", "web"))?.phase;
const says = (world: World) => world.decided?.condition?.message;

describe("a gate", () => {
  it("confirm-rollout: nothing is exposed before its yes; asked every 10 s; passed once", () => {
    let open = false;
    const { world, calls } = hooked(["confirm-rollout"], () => (open ? "yes" : "no"));
    world.request("web", image("web:2"));
    world.run(30);
    expect(weights(world)).to.deep.equal([]);
    expect(world.list("services").map(({ metadata }) => metadata.name)).to.deep.equal(["web"]);
    expect(says(world)).to.equal(
      "waiting for hook confirm-rollout (confirm-rollout): it answered 403: not now; kubectl annotate deployment/web serin.dev/promote=1 (or abort) decides",
    );
    const gaps = calls.slice(1).map(({ at }, i) => at - (calls[i]?.at ?? 0));
    expect(new Set(gaps)).to.deep.equal(new Set([10_000]));
    expect(calls[0]?.call.payload).to.deep.equal({
      name: "web",
      namespace: "shop",
      phase: "Waiting",
      checksum: world.observe("web")?.canary?.metadata.labels?.["pod-template-hash"],
      metadata: {},
    });
    const asked = calls.length;
    open = true;
    world.run();
    expect(run(world))
      .to.include({ outcome: "promoted" })
      .and.to.deep.include({ hooks: ["confirm-rollout"] });
    expect(calls).to.have.length(asked + 1);
  });

  it("confirm-rollout: however long it takes, the deadlines of what follows begin then", () => {
    let open = false;
    const { world } = hooked(["confirm-rollout"], () => (open ? "yes" : "no"));
    world.request("web", image("web:2"));
    world.run(200);
    open = true;
    const opened = world.now;
    world.runTo(10);
    expect(Date.parse(run(world)?.stepSince ?? "")).to.be.greaterThan(opened);
  });

  it("confirm-traffic-increase: before each further step, not before the promotion", () => {
    const { world, calls } = hooked(["confirm-traffic-increase"], () => "yes");
    world.request("web", image("web:2"));
    world.run();
    expect(run(world)?.outcome).to.equal("promoted");
    expect([...new Set(calls.map(({ key }) => key))]).to.deep.equal([
      "confirm-traffic-increase/1/confirm-traffic-increase",
      "confirm-traffic-increase/2/confirm-traffic-increase",
    ]);
  });

  it("confirm-promotion: after the last step, while the metrics go on judging", () => {
    const { world, calls } = hooked(["confirm-promotion"], () => "no");
    world.request("web", image("web:2"));
    world.runTo(50);
    world.run(30);
    expect(calls.length).to.be.greaterThan(5);
    expect(says(world)).to.match(/^waiting for hook confirm-promotion \(confirm-promotion\)/);
    expect(run(world)).to.include({ outcome: "running", step: 2 });
  });

  it("is passed by a person's promote", () => {
    const all = ["confirm-rollout", "confirm-traffic-increase", "confirm-promotion"];
    const { world } = hooked(all, () => "no");
    world.request("web", image("web:2"));
    world.run(10);
    world.request("web", annotate("serin.dev/promote", "1"));
    world.run();
    expect(run(world)?.outcome).to.equal("promoted");
  });
});

describe("a pre-rollout hook", () => {
  it("rolls back what it refuses, before any traffic and with its words", () => {
    const { world } = hooked(["pre-rollout"], () => "no");
    world.request("web", image("web:2"));
    world.run(30);
    expect(run(world)?.outcome).to.equal("failed");
    expect(run(world)?.message).to.match(
      /^rolled back before it had any traffic: hook pre-rollout .*403: not now/,
    );
    expect(weights(world)).to.deep.equal([]);
  });

  it("is called again without an answer, and not waited for longer than max-interval", () => {
    const { world, calls } = hooked(["pre-rollout"], () => "none");
    world.request("web", image("web:2"));
    world.run(40);
    expect(run(world)?.message).to.match(/hook pre-rollout \(pre-rollout\): no answer: connection refused/);
    expect(calls.length).to.be.within(6, 8);
    expect(weights(world)).to.deep.equal([]);
  });

  it("is called before it counts as silent, however long ago another controller called it", () => {
    const hook = { name: "load", type: "pre-rollout", url: "http://tester.test/" };
    const annotations = { "serin.dev/hooks": JSON.stringify([hook]) };
    const unanswered = { unansweredSince: AT_NOON };
    const snapshot = aRollout({ annotations, run: unanswered, routes: [aRoute()], now: NOON + 3_600_000 });
    const decision = awaitTrial(snapshot);
    expect(decision?.writes).to.deep.equal([]);
    expect(decision?.calls).to.have.length(1);
  });

  it("is not called again after its yes, even by another leader", () => {
    const { world, calls } = hooked(["pre-rollout"], () => "yes");
    world.request("web", image("web:2"));
    world.runTo(10);
    world.killAfter = world.writes + 1;
    world.run();
    expect(calls).to.have.length(1);
    expect(run(world)?.outcome).to.equal("promoted");
  });
});

describe("the other hooks", () => {
  it("rollout: at the begin of each step and every interval; a no rolls back", () => {
    const { world, calls } = hooked(["rollout"], ({ key }) => (key.includes("/1/") ? "no" : "yes"));
    world.request("web", image("web:2"));
    world.run(40);
    expect(new Set(calls.map(({ key }) => key))).to.deep.equal(
      new Set(["rollout/0/rollout", "rollout/1/rollout"]),
    );
    expect(run(world)?.message).to.match(
      /^rolled back at 25%.*hook rollout \(rollout\): it answered 403: not now/,
    );
  });

  it("rollout: its step waits for it", () => {
    const { world } = hooked(["rollout"], () => "none");
    world.request("web", image("web:2"));
    world.run(60);
    expect(run(world)).to.include({ outcome: "running", step: 0 });
    expect(says(world)).to.equal(
      "waiting for hook rollout (rollout): no answer: connection refused; kubectl annotate deployment/web serin.dev/promote=1 (or abort) decides",
    );
  });

  it("rollback: asked all the time, and a yes rolls back", () => {
    let asked = false;
    const { world, calls } = hooked(["rollback"], () => (asked ? "yes" : "no"));
    world.request("web", image("web:2"));
    world.runTo(25);
    expect(calls.length).to.be.greaterThan(3);
    asked = true;
    world.run(10);
    expect(run(world)?.message).to.match(/^rolled back at 25%.*: hook rollback \(rollback\) asked for it/);
  });

  it("rollback: asked while a gate keeps the rollout waiting, too", () => {
    const { world } = hooked(["rollback", "confirm-rollout"], ({ hook }) =>
      hook.type === "rollback" ? "yes" : "no",
    );
    world.request("web", image("web:2"));
    world.run(10);
    expect(run(world)?.outcome).to.equal("failed");
  });

  for (const [version, said] of [
    ["web:2", "Succeeded"],
    ["web:bad", "Failed"],
  ] as const) {
    it(`post-rollout: once after the end of ${version}, whatever it answers`, () => {
      const { world, calls } = hooked(["post-rollout"], () => "no");
      world.request("web", image(version));
      world.run(120);
      expect(calls.map(({ call }) => call.payload.phase)).to.deep.equal([said]);
      expect(events(world)).to.include("HookFailed");
      expect(phase(world)).to.equal(said === "Failed" ? "failed" : undefined);
      expect(
        events(world).filter((reason) => reason === "Promoted" || reason === "RolledBack"),
      ).to.have.length(1);
    });
  }

  it("post-rollout: the promotion is told before its answer", () => {
    const { world } = hooked(["post-rollout"], () => undefined);
    world.request("web", image("web:2"));
    world.run(150);
    expect(events(world)).to.include("Promoted");
    expect(phase(world)).to.equal("promoting");
    const { conditions } = world.get("deployments", "web").status ?? {};
    expect(conditionOf(conditions, "Canary")).to.include({ status: "True", reason: "Promoted" });
  });

  it("post-rollout: after an undo, too", () => {
    const { world, calls } = hooked(["post-rollout"], () => "yes");
    world.request("web", image("web:2"));
    world.runTo(25);
    world.request("web", image("web:1"));
    world.run(60);
    expect(calls.map(({ call }) => call.payload.phase)).to.deep.equal(["Failed"]);
    expect(phase(world)).to.equal(undefined);
  });
});
