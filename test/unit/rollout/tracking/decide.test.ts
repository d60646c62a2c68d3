import { expect } from "chai";
import type { PodTemplate } from "../../../../kube/core/workloads.ts";
import { allowed } from "../../../../rollout/admission/answer.ts";
import { answerPerson, answerTracker } from "../../../../rollout/admission/tracked.ts";
import { decideTrack, type TrackInput, untilDue } from "../../../../rollout/tracking/decide.ts";
import { formatConfig, type PendingChanges } from "../../../../rollout/tracking/pending.ts";
import { withHoldRecord } from "../../../../rollout/workload/hold-record.ts";
import { AT_NOON, aDeployment, aHeld, aTemplate, NOON } from "../../../support/builders.ts";

const WEB = "configmap/web";

describe("rollout/track", () => {
  describe("what follows from a mark", () => {
    it("waits until the change is stored and known, and until no other one follows", () => {
      expect(untilDue({ at: AT_NOON, changes: {} }, NOON)).to.equal(2_000);
      expect(decideTrack(marked({ now: NOON + 500 }))).to.deep.equal({ kind: "wait", waitMs: 1_500 });
      expect(decideTrack(marked({ stored: new Map([[WEB, "aa"]]) })).kind).to.equal("wait");
      expect(decideTrack(marked({ stored: new Map() })).kind).to.equal("wait");
      expect(decideTrack(marked({})).kind).to.equal("roll");
    });

    it("believes a Secret, which it cannot read", () => {
      const changed = { at: AT_NOON, changes: { "secret/db": { from: "aa", to: "bb" } } };
      expect(next(marked({ changed, stored: new Map() }))).to.equal("secret/db=aa..bb");
    });

    it("drops a change that was refused after all, and a Deployment that no longer tracks", () => {
      const refused = marked({ now: NOON + 10_000, stored: new Map([[WEB, "aa"]]) });
      expect(decideTrack(refused).kind).to.equal("drop");
      expect(decideTrack(marked({ now: NOON, tracks: false })).kind).to.equal("drop");
    });

    it("forgets at once what is back where it began", () => {
      const changed = { at: AT_NOON, changes: { [WEB]: { from: "aa", to: "aa" } } };
      expect(decideTrack(marked({ changed, stored: new Map([[WEB, "aa"]]) })).kind).to.equal("drop");
    });

    it("takes what is stored for the change, not what was asked for", () => {
      expect(next(marked({ stored: new Map([[WEB, "cc"]]) }))).to.equal(`${WEB}=aa..cc`);
    });

    it("writes template and mark at once, guarded by the version that it read", () => {
      const decided = decideTrack(marked({}));
      expect(decided.kind === "roll" && decided.write).to.deep.equal({
        verb: "merge",
        kind: "deployments",
        namespace: "shop",
        name: "web",
        body: {
          metadata: { resourceVersion: "7", annotations: { "serin.dev/changed": null } },
          spec: { template: { metadata: { annotations: { "serin.dev/config": `${WEB}=aa..bb` } } } },
        },
      });
    });
  });

  describe("what the template is made for", () => {
    const row = (what: string, given: Given, wanted: string | null) =>
      it(what, () => expect(next(marked(situation(given)))).to.equal(wanted));
    const ab = { [WEB]: { from: "aa", to: "bb" } };
    const db = { "secret/db": { from: "00", to: "11" } };

    row("at rest: from what it was to what it is", { to: "bb" }, `${WEB}=aa..bb`);
    row("at rest after an earlier one", { present: ab, from: "bb", to: "cc" }, `${WEB}=bb..cc`);
    row("at rest back to before", { present: ab, from: "bb", to: "aa" }, `${WEB}=bb..aa`);
    row("next to others", { present: db, to: "bb" }, `${WEB}=aa..bb, secret/db=00..11`);
    row("in flight: once more", { stable: {}, present: ab, from: "bb", to: "cc" }, `${WEB}=aa..cc`);
    row(
      "in flight: back, which is the stable template",
      { stable: {}, present: ab, from: "bb", to: "aa" },
      null,
    );
    row(
      "in flight: back to what the stable version was made for",
      { stable: ab, present: { [WEB]: { from: "bb", to: "cc" } }, from: "cc", to: "bb" },
      `${WEB}=aa..bb`,
    );
    row(
      "in flight: to what the stable version never had",
      { stable: ab, present: ab, from: "bb", to: "aa" },
      `${WEB}=bb..aa`,
    );
    row("in flight with another image", { stable: {}, present: {}, to: "bb" }, `${WEB}=aa..bb`);
    row("failed: back", { stable: {}, phase: "failed", present: ab, from: "bb", to: "aa" }, null);
    row(
      "promoting: a new one",
      { stable: {}, phase: "promoting", present: ab, from: "bb", to: "aa" },
      `${WEB}=bb..aa`,
    );
  });

  describe("admission", () => {
    const config = `${WEB}=aa..bb`;
    const held = withHoldRecord(aDeployment({ template: template(config) }), aHeld(), aDeployment());

    it("lets the tracker start a canary, but restart nothing natively", () => {
      expect(answerTracker(allowed(held))).to.deep.equal(allowed(held));
      const native = "native rolling update, no canary: replicas is 0: nothing serves";
      const answer = answerTracker(allowed(aDeployment(), [native]));
      expect(answer).to.deep.include({
        allowed: false,
        message:
          "a changed ConfigMap or Secret restarts no pods by itself: no canary: replicas is 0: nothing serves",
      });
    });

    it("advises at an undo to revert the content", () => {
      const old = aDeployment({ template: template(config) });
      const answer = answerPerson(allowed(aDeployment()), old);
      expect(answer.allowed && answer.warnings).to.deep.equal([
        `${WEB} changed with that version and stays changed: revert it, too, or stable pods that restart read the new content`,
      ]);
      expect(answerPerson(allowed(old), old)).to.deep.equal(allowed(old));
    });
  });
});

interface Given {
  readonly from?: string;
  readonly to: string;
  readonly present?: PendingChanges;
  readonly stable?: PendingChanges;
  readonly phase?: "canary" | "failed" | "promoting";
}

function situation({ from = "aa", to, present = {}, stable, phase = "canary" }: Given): Partial<TrackInput> {
  return {
    deployment: aDeployment({ template: template(formatConfig(present)), meta: { resourceVersion: "7" } }),
    changed: { at: AT_NOON, changes: { [WEB]: { from, to } } },
    stored: new Map([[WEB, to]]),
    ...(stable && { held: aHeld({ phase }), stable: template(formatConfig(stable)) }),
  };
}

function template(config: string | undefined): PodTemplate {
  const base = aTemplate();
  if (config === undefined) return base;
  return { ...base, metadata: { ...base.metadata, annotations: { "serin.dev/config": config } } };
}

function marked(of: Partial<TrackInput>): TrackInput {
  return {
    now: NOON + 2_000,
    deployment: aDeployment({ meta: { resourceVersion: "7" } }),
    changed: { at: AT_NOON, changes: { [WEB]: { from: "aa", to: "bb" } } },
    held: undefined,
    tracks: true,
    stable: undefined,
    stored: new Map([[WEB, "bb"]]),
    ...of,
  };
}

/** The annotation that the template gets; null when it loses it. */
function next(of: TrackInput): unknown {
  const decided = decideTrack(of);
  if (decided.kind !== "roll") return decided.kind;
  const { body } = decided.write as unknown as {
    body: { spec: { template: { metadata: { annotations: Record<string, unknown> } } } };
  };
  return body.spec.template.metadata.annotations["serin.dev/config"];
}
