import { expect } from "chai";
import type { Pod } from "../../../../kube/core/workloads.ts";
import type { Stage } from "../../../../rollout/stages/decision.ts";
import { drainUnanswered } from "../../../../rollout/stages/drain.ts";
import { awaitReady } from "../../../../rollout/stages/prepare.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { restartDeadline } from "../../../../rollout/stages/unsteady.ts";
import { instant } from "../../../../rollout/text/instant.ts";
import { lastRunOf, type RunRecord } from "../../../../rollout/workload/run-record.ts";
import { aDeployment, aHeld, NOON } from "../../../support/builders.ts";
import { merged } from "../../../support/patch.ts";
import { aRollout, carrying } from "../../../support/rollout.ts";

const MINUTE = 60_000;
const plan = { "serin.dev/steps": "10:1m, 50:10m" };
/** The first weight was in force when the canary lost its last ready pod. */
const noted = { course: [{ step: 0, weight: 10, at: instant(NOON) }] };

/** The only pod of the canary, not ready since a moment. */
function unready(now: number, created = NOON): Pod {
  const ready = { type: "Ready", status: "False", lastTransitionTime: instant(now - 5_000) } as const;
  return {
    metadata: { name: "web-x", creationTimestamp: instant(created) },
    status: { conditions: [ready] },
  };
}

/** A rollout whose canary has just lost its last ready pod, `minutes` after its step began. */
function flapping(
  minutes: number,
  { run = noted, weight = 0, since = minutes, created = NOON, paused = false }: Partial<Flapping> = {},
) {
  const now = NOON + minutes * MINUTE;
  const rollout = aRollout({
    annotations: plan,
    now,
    run,
    pods: [unready(now, created)],
    endpoints: new Map([["web-canary", 0]]),
    held: aHeld({ originals: { progressDeadlineSeconds: 600 } }),
  });
  return {
    ...rollout,
    deployment: aDeployment({ image: "web:2", annotations: plan, paused }),
    ...share(rollout, weight, NOON + since * MINUTE),
  };
}

interface Flapping {
  readonly run: Partial<RunRecord>;
  readonly weight: number;
  /** When the weight was written last, in minutes. */
  readonly since: number;
  readonly created: number;
  readonly paused: boolean;
}

function share({ routes, shares }: ReturnType<typeof aRollout>, weight: number, since: number) {
  const [route] = routes;
  const [present] = shares.values();
  if (route === undefined || present === undefined) throw new Error("no route");
  const carried = carrying({ ...route, spec: { ...route.spec } }, weight, since);
  return { routes: [carried], shares: new Map([[carried, { ...present, weight, since: instant(since) }]]) };
}

/** The run record that the stage writes. */
function recordIn(snapshot: Snapshot, stage: Stage = awaitReady): RunRecord | undefined {
  const { writes = [] } = stage(snapshot) ?? {};
  const write = writes.find((one) => one.verb === "merge" && one.kind === "replicasets");
  return write && snapshot.canary && lastRunOf(merged(snapshot.canary, write));
}

describe("a canary whose only pod stops being ready as soon as it has traffic", () => {
  it("is rolled back when its step has not lasted its time within the deadline, with what it had", () => {
    expect(recordIn(flapping(10))?.outcome, "in time").not.to.equal("failed");
    expect(recordIn(flapping(12))?.message).to.match(
      /^rolled back after it had 10% of the traffic: pod web-x stopped being ready again and again: the step has not lasted 1m within progressDeadlineSeconds \(600s\)/,
    );
  });

  it("is noted with its weight, which says how long it had it", () => {
    const { course, stepSince } =
      recordIn(flapping(180, { weight: 10, since: 1, run: {} }), drainUnanswered) ?? {};
    expect(course).to.deep.equal([{ step: 0, weight: 10, at: instant(NOON + MINUTE) }]);
    expect(stepSince).to.equal(instant(NOON));
  });

  it("has the whole deadline again after a step that had lasted its time", () => {
    const next = (since: number, run = noted) => recordIn(flapping(180, { since, run }), restartDeadline);
    expect(next(179)).to.include({ stepSince: instant(NOON + 179 * MINUTE), outcome: "running" });
    expect(next(0.5), "a step that had not").to.equal(undefined);
    const restarted = { ...noted, stepSince: instant(NOON + 179 * MINUTE) };
    expect(next(179, restarted), "once").to.equal(undefined);
    expect(recordIn(flapping(180, { since: 179, run: restarted }))?.outcome).not.to.equal("failed");
  });

  const others: [string, Partial<Flapping>][] = [
    ["a pod that is new, as after an eviction", { created: NOON + 59 * MINUTE }],
    ["a canary that had no weight in this step, as while a hook waits", { run: {} }],
    ["a pause of its user", { paused: true }],
  ];
  for (const [what, parts] of others)
    it(`is not rolled back for ${what}`, () => {
      expect(recordIn(flapping(60, parts))?.outcome).not.to.equal("failed");
    });
});
