import { expect } from "chai";
import { allowed } from "../../../../rollout/admission/answer.ts";
import { warnStableDown } from "../../../../rollout/admission/warnings.ts";
import { logSafety } from "../../../../rollout/judge/safety-test.ts";
import { FLIGHT, HASH_LABEL } from "../../../../rollout/keys.ts";
import { advance } from "../../../../rollout/stages/advance.ts";
import type { Decision } from "../../../../rollout/stages/decision.ts";
import { reportBrokenStable } from "../../../../rollout/stages/stable-broken.ts";
import { aDeployment, aReplicaSet, aSnapshot, NOON } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";
import { aShop, expectRest, image } from "../../../support/shop.ts";
import { after, type Doing, MINUTE, recorded } from "../judge/decided.ts";

const says = { status: "Unknown", reason: "Progressing", message: "canary has 25% of the traffic" } as const;
const decision: Decision = { writes: [], condition: says };
const revision = { annotations: { "deployment.kubernetes.io/revision": "2" } };
const told = (ready: number, replicas = 5) => {
  const deployment = aDeployment({ image: "web:2" });
  const canary = aReplicaSet({ image: "web:2", meta: revision });
  return reportBrokenStable(
    aSnapshot({
      deployment: { ...deployment, metadata: { ...deployment.metadata, ...revision } },
      replicaSets: [aReplicaSet({ ready, replicas }), canary],
      canary,
    }),
    decision,
  ).condition?.message;
};

describe("a stable version without a ready pod", () => {
  it("is told with the way to ship what is in flight", () => {
    expect(told(0)).to.equal(
      `${says.message}. No stable pod is ready: kubectl annotate deployment/web serin.dev/promote=2 ships this version at once`,
    );
    expect(warnStableDown(allowed(aDeployment()), aReplicaSet({ ready: 0 }))).to.deep.include({
      warnings: [
        "no stable pod is ready: annotating serin.dev/promote with the new revision ships this version at once",
      ],
    });
  });

  it("is none while one is ready, or where there should be none", () => {
    expect(told(1)).to.equal(says.message);
    expect(told(0, 0)).to.equal(says.message);
    expect(warnStableDown(allowed(aDeployment()), aReplicaSet())).to.deep.include({ warnings: [] });
    expect(
      reportBrokenStable(aSnapshot({ replicaSets: [aReplicaSet({ ready: 0 })] }), { writes: [] }),
    ).to.deep.equal({
      writes: [],
    });
  });
});

describe("a stable version that is unready for a few seconds", () => {
  for (const weight of [10, 50]) {
    it(`moves nothing at ${weight}%, and the rollout goes on to its promotion`, () => {
      const world = aShop();
      world.request("web", image("web:2"));
      world.runTo(weight);
      const before = world.story.length;
      world.sick.set("web-h1", Number.POSITIVE_INFINITY);
      world.tick(2_500);
      world.control();
      expect(world.decided?.condition?.message).to.match(
        /No stable pod is ready: .* ships this version at once/,
      );
      world.sick.clear();
      world.tick(2_500);
      world.control();
      expect(world.story.slice(before).filter((line) => line.startsWith("web "))).to.deep.equal([]);
      world.run();
      expectRest(world, "web:2", { "web-h2": 5 });
    });
  }
});

describe("a stable version that breaks during a rollout", () => {
  const way = "kubectl annotate deployment/web serin.dev/promote=2 ships this version at once";
  const broken =
    "holding at 10%: the stable version is broken, so Serin takes no step by itself until it serves again";
  /** The decision after so many minutes in which the canary does well, or as the stable version. */
  const decided = (
    minutes: number,
    stable: Doing,
    {
      canary = { total: 100 },
      annotations = {},
      ready = 5,
      unread = false,
    }: {
      canary?: Doing;
      annotations?: Record<string, string>;
      ready?: number;
      unread?: boolean;
    } = {},
  ) => {
    const meta = { labels: { [FLIGHT]: "uid-web", [HASH_LABEL]: "web1" } };
    const begun = aRollout({ annotations, now: NOON + minutes * MINUTE });
    const [, second] = begun.replicaSets;
    const snapshot = {
      ...begun,
      stable: aReplicaSet({ ready, meta }),
      replicaSets: [aReplicaSet({ ready, meta }), ...(second ? [second] : [])],
    };
    const judged = { ...after(minutes, snapshot, canary, stable), usual: 0.001 };
    const evidence = { gates: {}, judged, ...(unread && { unread: "Prometheus cannot be reached" }) };
    const decision = advance({ ...snapshot, evidence });
    return {
      run: recorded(decision),
      message: reportBrokenStable({ ...snapshot, evidence }, decision).condition?.message,
    };
  };

  it("keeps the step, although the canary is better, or as bad, and names the way out", () => {
    const told = `${broken}. The stable version fails 100.00% of its requests (before the rollout 0.10%): ${way}`;
    const all = { total: 900, failed: 900 };
    expect(decided(5, all)).to.deep.equal({ run: undefined, message: told });
    expect(decided(5, all, { canary: { total: 100, failed: 100 } }).message).to.equal(told);
    // Neither weak evidence nor a plan without a comparison goes on.
    expect(
      decided(60, all, { annotations: { "serin.dev/compare": "inconclusive=promote" } }).message,
    ).to.equal(told);
    expect(
      decided(60, all, {
        annotations: { "serin.dev/checks": "success-rate >= 99%", "serin.dev/compare": "off" },
      }).message,
    ).to.equal(told);
  });

  it("keeps the step while no stable pod is ready", () => {
    expect(decided(5, { total: 0 }, { ready: 0 }).message).to.equal(
      `${broken}. No stable pod is ready: ${way}`,
    );
    expect(decided(5, { total: 900 }, { ready: 1 }).run?.step).to.equal(1);
  });

  it("goes on some ticks after it serves again, by what was counted while it served", () => {
    const outage = (tick: number) => ({ total: 900, failed: tick < 12 ? 900 : 0 });
    expect(decided(2, outage).message).to.match(/^holding at 10%: the stable version is broken/);
    expect(decided(3, outage).run?.step).to.equal(1);
    const soon = after(2.8, aRollout({ now: NOON }), { total: 100 }, outage);
    const never = after(1, aRollout({ now: NOON }), { total: 100 }, { total: 900 });
    expect(logSafety(soon.errors.safety)).to.be.at.most(logSafety(never.errors.safety));
  });

  it("is not held for failures that it had before the rollout, nor by numbers that are old", () => {
    expect(decided(5, { total: 900, failed: 30 }).run?.step).to.equal(1);
    expect(decided(5, { total: 900, failed: 900 }, { unread: true }).message).to.match(
      /Prometheus cannot be reached$/,
    );
  });
});
