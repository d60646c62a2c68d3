import { expect } from "chai";
import { canarySet, edit, inFlight, yes } from "../../../support/ask.ts";
import { aReplicaSet, readsOf } from "../../../support/builders.ts";

const DOWN =
  "no stable pod is ready: annotating serin.dev/promote with the new revision ships this version at once";

describe("a new version while a rollout is there and no stable pod is ready", () => {
  for (const phase of ["canary", "failed", "undone"] as const) {
    const old = inFlight({ held: { phase } });
    const warnings = (ready: number) =>
      yes(edit(old, {}, "web:3"), old, readsOf({ replicaSets: [aReplicaSet({ ready }), canarySet()] }))
        .warnings;

    it(`comes with the order that ships it at once, after the phase ${phase}`, () => {
      expect(warnings(0)).to.include(DOWN);
      expect(warnings(1)).to.not.include(DOWN);
    });
  }
});
