import { expect } from "chai";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { canarySet, edit, inFlight, no, yes } from "../../../support/ask.ts";
import { AT_NOON, aDeployment, aReplicaSet, readsOf } from "../../../support/builders.ts";

const stable = aReplicaSet({ meta: { annotations: { "deployment.kubernetes.io/revision": "1" } } });
const both = readsOf({ replicaSets: [stable, canarySet()] });
const recreate = { type: "Recreate" } as const;
const alone: [string, NonNullable<Deployment["spec"]["strategy"]>, RegExp][] = [
  ["strategy Recreate", recreate, /^strategy Recreate: two versions .* may not run side by side, and /],
  [
    "a surge of 0",
    { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    /^maxSurge is 0: no pod may run beside the wanted \d+, and /,
  ],
];

describe("the commands that go back first, while the Deployment is paused", () => {
  const wayOf = (...given: Parameters<typeof inFlight>) => {
    const old = inFlight({ ...given[0], paused: true });
    return / in flight: (.*), then set this version again$/.exec(
      no(edit(old, { strategy: recreate }, "web:3"), old, both),
    )?.[1];
  };
  const abort = "kubectl annotate deployment/web serin.dev/abort=2";
  const resume = "kubectl rollout resume deployment/web && ";
  const undo = "kubectl rollout undo deployment/web";

  it("end the canary by an order: kubectl refuses the undo, and a resume may give the canary more weight", () => {
    expect(wayOf({}), "the user's pause").to.equal(`${abort} && ${resume}${undo}`);
    expect(wayOf({ held: { latched: true } }), "Serin's own pause").to.equal(`${abort}, then ${undo}`);
  });

  it("resume a Deployment whose canary has failed", () => {
    expect(wayOf({ held: { phase: "failed" } })).to.equal(resume + undo);
  });
});

describe("another version that may not run beside the stable one", () => {
  for (const [what, strategy, why] of alone) {
    for (const phase of ["canary", "failed"] as const) {
      const old = inFlight({ held: { phase } });

      it(`is refused with ${what} while the rollout is ${phase}, with the command that goes back first`, () => {
        const message = no(edit(old, { strategy }, "web:3"), old, both);
        expect(message).to.match(why);
        expect(message).to.match(
          / a rollout is in flight: kubectl rollout undo deployment\/web, then set this version again$/,
        );
      });

      it(`is refused as well if ${what} came before it, while the rollout was ${phase}`, () => {
        const changed = yes(edit(old, { strategy }), old, both).object;
        expect(no(edit(changed, {}, "web:3"), changed, both)).to.match(why);
      });

      it(`goes back with ${what} while the rollout is ${phase}`, () => {
        expect(yes(edit(old, { strategy }, "web:1"), old, both).object.spec.strategy).to.deep.equal(strategy);
      });
    }

    for (const phase of ["promoting", "undone"] as const)
      it(`waits with ${what} for the end of the rollout while it is ${phase}`, () => {
        const ask = (paused: boolean) =>
          no(aDeployment({ image: "web:3", strategy }), inFlight({ held: { phase }, paused }), both);
        expect(ask(false)).to.match(/ a rollout is in flight: try again when it has ended$/);
        expect(ask(true), "native control ends nothing in a pause").to.match(
          / in flight: kubectl rollout resume deployment\/web, then try again when it has ended$/,
        );
      });
  }
});

describe("a new version of a Deployment that is being deleted", () => {
  it("begins no rollout, which would wait for pods that never come", () => {
    const [old, object] = ["web:1", "web:2"].map((image) =>
      aDeployment({ image, meta: { deletionTimestamp: AT_NOON } }),
    ) as [Deployment, Deployment];
    const answer = yes(object, old, readsOf());
    expect(answer.warnings).to.deep.equal([
      "native rolling update, no canary: the Deployment is being deleted, and native control gives it no new pods",
    ]);
    expect(answer.object.metadata.annotations).to.not.have.property("serin.dev/held");
  });
});
