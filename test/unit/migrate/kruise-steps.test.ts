import { expect } from "chai";
import { type KruiseSeen, kruiseSteps } from "../../../migrate/live/kruise/steps.ts";
import { nextMove } from "../../../migrate/live/step.ts";

const LABEL = "rollouts.kruise.io/workload-type";
const annotations = { "serin.dev/rollout": "canary" };

function seen({
  phase = "Healthy",
  opted = false,
  labelled = true,
  gone = false,
  deleting = false,
  spec = {},
} = {}): KruiseSeen {
  return {
    deployment: {
      metadata: {
        name: "web",
        resourceVersion: "7",
        ...(labelled && { labels: { [LABEL]: "deployment" } }),
        ...(opted && { annotations }),
      },
      spec: { selector: {}, template: {}, ...spec },
    },
    ...(gone
      ? {}
      : {
          annotations,
          rollout: {
            metadata: {
              name: "rollout",
              uid: "u",
              ...(deleting && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
            },
            spec: {},
            status: { phase },
          },
        }),
  };
}

/** The kind of the next move with its step or reason. */
function next(given: KruiseSeen, wanted = kruiseSteps.length): string {
  const move = nextMove(kruiseSteps, given, { wanted, restMs: 0 });
  return "step" in move
    ? `${move.kind} ${move.step.name}`
    : "why" in move
      ? `${move.kind}: ${move.why}`
      : move.kind;
}

describe("migrate from Kruise Rollouts", () => {
  it("annotates, deletes the Rollout and removes the label", () => {
    expect(next(seen())).to.equal("do annotate");
    expect(next(seen({ opted: true }))).to.equal("do remove");
    expect(next(seen({ opted: true, deleting: true }))).to.equal(
      "wait: remove: Kruise has not released the Rollout yet",
    );
    expect(next(seen({ opted: true, gone: true }))).to.equal("do unlabel");
    expect(next(seen({ opted: true, gone: true, labelled: false }))).to.equal("done");
  });

  it("has nothing to undo where there were no annotations", () => {
    expect(next({ ...seen(), annotations: {} }, 0)).to.equal("done");
  });

  it("undoes the annotations, but not the deletion", () => {
    expect(next(seen({ opted: true }), 0)).to.equal("undo annotate");
    expect(next(seen({ opted: true, gone: true }), 0)).to.equal("refuse: remove cannot be undone");
  });

  it("does not start in a rollout, and asks for what Kruise may leave behind", () => {
    expect(next(seen({ phase: "Progressing" }))).to.match(/^refuse: the Rollout is in the phase Progressing/);
    const left = { opted: true, gone: true };
    expect(next(seen({ ...left, spec: { paused: true } }))).to.match(/^refuse: the Deployment is paused/);
    expect(next(seen({ ...left, spec: { strategy: { type: "Recreate" } } }))).to.match(
      /^refuse: the Deployment's strategy is Recreate/,
    );
  });
});
