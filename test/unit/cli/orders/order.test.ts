import { expect } from "chai";
import { isTaken, orderAbout } from "../../../../cli/orders/order.ts";
import { targetOf } from "../../../../cli/orders/target.ts";
import { versionBefore } from "../../../../cli/orders/undo.ts";
import type { Deployment, ReplicaSet } from "../../../../kube/core/workloads.ts";
import { RUN } from "../../../../rollout/keys.ts";
import { formatRun, type RunRecord } from "../../../../rollout/workload/run-record.ts";
import { annotate, inFlight } from "../../../support/ask.ts";
import { AT_NOON, aDeployment, aReplicaSet, NOON } from "../../../support/builders.ts";

const REVISION = "deployment.kubernetes.io/revision";

/** A ReplicaSet of `web:<revision>`, with the record of its last rollout if it had one. */
function version(revision: number, run?: Partial<RunRecord>): ReplicaSet {
  const record = {
    started: AT_NOON,
    outcome: "running",
    step: 0,
    stepSince: AT_NOON,
    stable: "web1",
    message: "",
  } as const;
  const annotations = {
    [REVISION]: String(revision),
    ...(run && { [RUN]: formatRun({ ...record, ...run }) }),
  };
  const labels = { "pod-template-hash": `web${revision}` };
  return aReplicaSet({ image: `web:${revision}`, meta: { name: `web-${revision}`, annotations, labels } });
}

/** Revision 2 of `web` with these ReplicaSets. */
const target = (deployment: Deployment, sets: readonly ReplicaSet[]) =>
  targetOf(annotate(deployment, { [REVISION]: "2" }), sets);
const flying = (
  held: NonNullable<Parameters<typeof inFlight>[0]>["held"] = {},
  run: Partial<RunRecord> = {},
) => target(inFlight({ held }), [version(1), version(2, run)]);

describe("an order of kubectl serin", () => {
  it("to go back or on is refused when the stable version is lost, with what can be done", () => {
    for (const name of ["abort", "advance", "retry"] as const)
      for (const phase of ["canary", "failed"] as const)
        expect(() => orderAbout(name, flying({ lost: true, phase }), NOON), `${name} ${phase}`).to.throw(
          /has lost its stable version: kubectl serin promote web keeps this one, another template replaces it$/,
        );
    expect(orderAbout("promote", flying({ lost: true, phase: "failed" }), NOON).value).to.equal("2");
    expect(orderAbout("promote", flying({ lost: true }), NOON).says).to.include("promotion of revision 2");
  });

  for (const [name, value, says] of [
    ["promote", "2", "promotion of revision 2 ordered at step 2 of 3"],
    ["abort", "2", "abort of revision 2 ordered at step 2 of 3, all traffic goes to revision 1"],
    ["advance", "2/2", "advance of revision 2 ordered at step 2 of 3"],
  ] as const) {
    it(`to ${name} names what is in flight`, () => {
      expect(orderAbout(name, flying({}, { step: 1 }), NOON)).to.deep.equal({
        key: `serin.dev/${name}`,
        value,
        says,
      });
    });
  }

  it("to retry names the failed version, and when it failed", () => {
    const failed = flying({ phase: "failed" }, { outcome: "failed", ended: AT_NOON });
    expect(orderAbout("retry", failed, NOON + 720_000)).to.deep.equal({
      key: "serin.dev/retry",
      value: "2",
      says: "retry of revision 2 ordered: it was rolled back 12m ago",
    });
  });

  const rest = (run?: Partial<RunRecord>) =>
    target(aDeployment({ image: "web:2" }), [version(1), version(2, run)]);
  for (const [what, name, found, message] of [
    ["at rest", "promote", rest(), "deployment/web is not in flight"],
    [
      "after a promotion",
      "abort",
      rest({ outcome: "promoted", ended: AT_NOON }),
      "deployment/web is not in flight; revision 2 was promoted 1h ago",
    ],
    [
      "after a failure",
      "promote",
      flying({ phase: "failed" }),
      "deployment/web is held with revision 2, which was rolled back: kubectl serin retry web tries it again, kubectl serin undo web goes back",
    ],
    ["in a promotion", "advance", flying({ phase: "promoting" }), "is promoting revision 2 already"],
    [
      "at the last step",
      "advance",
      flying({}, { step: 2 }),
      "is at its last step: kubectl serin promote web promotes it",
    ],
    [
      "in flight",
      "retry",
      flying(),
      "is in flight with revision 2, and only a failed version can be retried",
    ],
    [
      "without the opt-in",
      "promote",
      target(aDeployment({ optedIn: false } as object), []),
      "is not in flight",
    ],
  ] as const) {
    it(`to ${name} is refused ${what}, with what can be done`, () => {
      expect(() => orderAbout(name, found, NOON + 3_600_000)).to.throw(message);
    });
  }

  it("is taken once the webhook has moved it to its record", () => {
    const before = flying({}, { step: 1 });
    expect(isTaken("promote", before, inFlight({ held: { asked: "promote" } }))).to.equal(true);
    expect(isTaken("promote", before, inFlight())).to.equal(false);
    expect(isTaken("advance", before, inFlight({ held: { advance: 2 } }))).to.equal(true);
    expect(
      isTaken(
        "advance",
        before,
        annotate(inFlight({ held: { advance: 2 } }), { "serin.dev/advance": "2/2" }),
      ),
    ).to.equal(false);
    expect(isTaken("retry", before, inFlight({ held: { started: "2030-01-01T00:00:00Z" } }))).to.equal(true);
  });
});

describe("kubectl serin undo", () => {
  it("goes to the stable version in flight", () => {
    expect(versionBefore(flying()).metadata.name).to.equal("web-1");
    expect(versionBefore(flying({ phase: "failed" })).metadata.name).to.equal("web-1");
  });

  it("goes past failed versions at rest", () => {
    const sets = [
      version(1),
      version(3, { outcome: "promoted" }),
      version(4, { outcome: "failed" }),
      version(5, { outcome: "promoted" }),
    ];
    expect(versionBefore(targetOf(aDeployment({ image: "web:5" }), sets)).metadata.name).to.equal("web-3");
    const none = targetOf(aDeployment({ image: "web:5" }), [version(4, { outcome: "failed" }), version(5)]);
    expect(() => versionBefore(none)).to.throw("no revision before 5 is left that has not failed");
  });

  it("refuses where it would do nothing, and names what would", () => {
    const paused = target(inFlight({ paused: true }), [version(1), version(2)]);
    expect(() => versionBefore(paused)).to.throw("deployment/web is paused: kubectl serin abort web first");
    for (const held of [{ phase: "failed" }, { lost: true }] as const) {
      const refusesAbort = target(inFlight({ paused: true, held }), [version(1), version(2)]);
      expect(() => versionBefore(refusesAbort)).to.throw("is paused: kubectl serin resume web first");
    }
    expect(() => versionBefore(flying({ phase: "undone" }))).to.throw("already");
    const lost = target(inFlight(), [version(2)]);
    expect(() => versionBefore(lost)).to.throw("the ReplicaSet of its stable version is gone");
  });
});
