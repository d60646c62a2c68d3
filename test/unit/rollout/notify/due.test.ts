import { expect } from "chai";
import { type DueMoment, dueMoments, seeWait, waitDueIn } from "../../../../rollout/notify/due.ts";
import { noticeOf } from "../../../../rollout/notify/notice-of.ts";
import { supersededBy } from "../../../../rollout/notify/superseded.ts";
import { isTold, recordTold } from "../../../../rollout/notify/told.ts";
import type { Decision } from "../../../../rollout/stages/decision.ts";
import { waitingFor } from "../../../../rollout/stages/wait.ts";
import { lastRunOf } from "../../../../rollout/workload/run-record.ts";
import type { Wait } from "../../../../rollout/workload/waits.ts";
import { writeEvent } from "../../../../rollout/workload/writes.ts";
import { AT_NOON, aDeployment, aHeld, NOON } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";

const still: Decision = { writes: [] };
const holding = (message: string, wait: Wait = "evidence"): Decision => ({
  writes: [],
  condition: waitingFor(wait, message),
});
const paused = () => aRollout({ deployment: aDeployment({ image: "web:2", paused: true }) });
const failed = (ended: string) =>
  aRollout({ run: { outcome: "failed", message: "rolled back at 10%: errors", ended } });
const later = (ms: number) => new Date(NOON + ms).toISOString();
const momentsAt = (...args: Parameters<typeof dueMoments>) => dueMoments(...args).map(({ key }) => key);

describe("rollout/notify/due", () => {
  it("finds the begin for an hour", () => {
    expect(momentsAt(aRollout(), still, undefined)).to.deep.equal(["started"]);
    expect(momentsAt(aRollout({ now: NOON + 3_600_000 }), still, undefined)).to.deep.equal([]);
  });

  it("finds a wait for a person after a minute, once per step", () => {
    const wait = seeWait(paused(), holding("paused"), undefined);
    expect(wait).to.include({ key: "waiting/1", since: NOON });
    expect(waitDueIn(wait, NOON)).to.equal(60_000);
    expect(momentsAt({ ...paused(), now: NOON + 59_000 }, holding("paused"), wait)).to.not.include(
      "waiting/1",
    );
    const at = { ...paused(), now: NOON + 60_000 };
    expect(seeWait(at, holding("paused"), wait)).to.deep.equal({ ...wait, says: "paused" });
    expect(momentsAt(at, holding("paused"), wait)).to.include("waiting/1");
    expect(waitDueIn(wait, NOON + 60_000)).to.equal(undefined);
  });

  it("finds a rollout that is stuck after ten minutes, and why", () => {
    const wait = seeWait(aRollout(), holding("no requests", "traffic"), undefined);
    expect(wait?.key).to.equal("stuck/1/traffic");
    expect(waitDueIn(wait, NOON)).to.equal(600_000);
    const cut = aRollout({ run: { unroutedSince: AT_NOON } });
    expect(seeWait(cut, holding("x", "pods"), undefined)?.key).to.equal("stuck/1/traffic");
    expect(seeWait(aRollout(), holding("more requests are coming"), undefined)).to.equal(undefined);
    const refused = aRollout({ run: { refusedSince: AT_NOON } });
    const writes = [writeEvent(refused.deployment, "Normal", "X", "x")];
    expect(seeWait(refused, { writes }, undefined)?.key).to.equal("stuck/1/api");
  });

  it("counts a wait on through passes that write, and ends it with the rollout", () => {
    const wait = seeWait(paused(), holding("paused"), undefined);
    const writes = [writeEvent(aDeployment(), "Normal", "X", "x")];
    expect(seeWait(aRollout(), { writes }, wait)).to.equal(wait);
    expect(seeWait(aRollout(), still, wait)).to.equal(undefined);
    expect(seeWait(failed(AT_NOON), holding("x"), wait)).to.equal(undefined);
  });

  it("finds a rollback by its record, also of the version before, for an hour", () => {
    expect(momentsAt(failed(AT_NOON), still, undefined)).to.deep.equal(["rolled-back"]);
    expect(momentsAt(failed(later(-3_600_000)), still, undefined)).to.deep.equal([]);
    const { replicaSets } = failed(AT_NOON);
    const next = aRollout({ held: aHeld({ started: later(1_000) }), replicaSets });
    const [due] = dueMoments(next, still, undefined).filter(({ moment }) => moment === "rolled-back");
    expect(due).to.include({ id: `uid-web/${AT_NOON}/rolled-back`, started: AT_NOON });
  });

  it("finds a rollback of a canary that never had a ReplicaSet, or whose record is refused, by the condition", () => {
    const held = aHeld({ phase: "failed" });
    const told = (lastUpdateTime: string, parts: Parameters<typeof aRollout>[0] = {}) => {
      const message = "rolled back at 10%: errors";
      const condition = { type: "Canary", status: "False", reason: "RolledBack", message } as const;
      const status = { conditions: [{ ...condition, lastUpdateTime }] };
      return aRollout({ held, deployment: { ...aDeployment({ image: "web:2" }), status }, ...parts });
    };
    const refused = told(AT_NOON);
    const early = told(AT_NOON, { replicaSets: [] });
    for (const [snapshot, record] of [
      [refused, { set: refused.judged, run: refused.run }],
      [early, undefined],
    ] as const) {
      const due = dueMoments(snapshot, still, undefined).find(({ moment }) => moment === "rolled-back");
      expect(due?.says).to.equal("rolled back at 10%: errors");
      expect(due?.record).to.deep.equal(record);
    }
    for (const at of [later(-2_000), later(-3_600_000)])
      expect(momentsAt(told(at), still, undefined), "an earlier one").to.not.include("rolled-back");
    expect(momentsAt(aRollout({ held }), still, undefined), "not told yet").to.not.include("rolled-back");
  });

  it("finds the end that a decision reports", () => {
    const promoting = aRollout({ held: aHeld({ phase: "promoting" }), run: { outcome: "promoted" } });
    expect(momentsAt(promoting, { writes: [], ends: "proven" }, undefined)).to.deep.equal(["promoted"]);
    const undone = aRollout({ held: aHeld({ phase: "undone" }), run: { outcome: "superseded" } });
    expect(momentsAt(undone, { writes: [], ends: "undone: web1 serves" }, undefined)).to.deep.equal([
      "undone",
    ]);
  });

  it("finds the versions that writes report as superseded", () => {
    const snapshot = aRollout();
    const write = writeEvent(
      snapshot.deployment,
      "Normal",
      "Superseded",
      "web-web2 was superseded by a newer template",
    );
    expect(supersededBy(snapshot, [write]).map(({ id }) => id)).to.deep.equal([
      `uid-web/${AT_NOON}/superseded`,
    ]);
    expect(supersededBy(snapshot, [{ ...write, reason: "Promoted" } as never])).to.deep.equal([]);
  });

  it("makes a notice with the sentence, the images, and commands that can be copied", () => {
    const snapshot = failed(AT_NOON);
    const [due] = dueMoments(snapshot, still, undefined);
    const links = [
      { text: "Dashboard", url: "https://serin.test/#/{{ namespace }}/{{ name }}?r={{revision}}" },
    ];
    const notice = noticeOf(snapshot, due as DueMoment, { cluster: "prod", links });
    expect(notice).to.include({
      id: `uid-web/${AT_NOON}/rolled-back`,
      severity: "error",
      cluster: "prod",
      namespace: "shop",
      name: "web",
      version: "web2",
      says: "rolled back at 10%: errors",
      step: 1,
      ended: AT_NOON,
    });
    expect(notice.images).to.deep.equal([{ container: "main", from: "web:1", to: "web:2" }]);
    expect(notice.commands[0]).to.equal("kubectl rollout undo deployment/web -n shop");
    expect(notice.commands[1]).to.match(/^kubectl annotate deployment\/web serin\.dev\/retry=\d+ -n shop$/);
    expect(notice.links[0]?.url).to.match(/^https:\/\/serin\.test\/#\/shop\/web\?r=\d+$/);
  });

  it("makes a notice with the one order that works after the stable version was lost", () => {
    const { run, replicaSets } = failed(AT_NOON);
    const [, canary] = replicaSets;
    const held = aHeld({ phase: "failed", lost: true });
    const lost = aRollout({ ...(run && { run }), held, replicaSets: canary ? [canary] : [] });
    const [due] = dueMoments(lost, still, undefined);
    const { commands } = noticeOf(lost, due as DueMoment, { links: [] });
    expect(commands).to.have.length(1);
    expect(commands[0]).to.match(/^kubectl annotate deployment\/web serin\.dev\/promote=\d+ -n shop$/);
  });
});

describe("rollout/notify/told", () => {
  const recordIn = (snapshot: ReturnType<typeof aRollout>, told: Record<string, string[]>) => {
    const [write] = recordTold(snapshot, () => new Map(Object.entries(told)));
    if (write === undefined || write.verb !== "merge") return undefined;
    const { metadata } = write.body as { metadata: { annotations: Record<string, string> } };
    return lastRunOf({ metadata } as never);
  };

  it("adds to the record who was told, and forgets steps that are over", () => {
    const before = { started: ["audit"], "waiting/1": ["team"], "stuck/2/pods": ["team"] };
    const snapshot = aRollout({
      annotations: { "serin.dev/steps": "10, 20, 50" },
      run: { step: 1, told: before },
    });
    expect(recordIn(snapshot, { "waiting/2": ["team"], started: ["audit", "team"] })?.told).to.deep.equal({
      started: ["audit", "team"],
      "stuck/2/pods": ["team"],
      "waiting/2": ["team"],
    });
    expect(recordIn(snapshot, { started: ["audit"] })).to.equal(undefined);
  });

  it("guards the write by the version of the ReplicaSet that was read", () => {
    const [write] = recordTold(aRollout(), () => new Map([["started", ["a"]]]));
    expect(write?.verb === "merge" && write.kind).to.equal("replicasets");
    expect(JSON.stringify(write)).to.include("serin.dev/run");
    expect(isTold({ told: { started: ["a"] } } as never, "started", "a")).to.equal(true);
    expect(isTold(undefined, "started", "a")).to.equal(false);
  });
});
