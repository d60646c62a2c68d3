import { expect } from "chai";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { admitUpdate } from "../../../../rollout/admission/admit.ts";
import { hold, keepHistory } from "../../../../rollout/workload/hold.ts";
import { type Phase, withHoldRecord } from "../../../../rollout/workload/hold-record.ts";
import { AT_NOON, aDeployment, aHeld, aReplicaSet, readsOf } from "../../../support/builders.ts";

const withoutOptIn = ({ metadata, ...rest }: Deployment): Deployment => {
  const { "serin.dev/rollout": _gone, ...annotations } = metadata.annotations ?? {};
  return { ...rest, metadata: { ...metadata, annotations } };
};
const flown = (phase: Phase): Deployment => {
  const stored = aDeployment({ image: "web:2" });
  const spec = phase === "canary" || phase === "failed" ? hold(stored.spec, 1) : stored.spec;
  return withHoldRecord({ ...stored, spec }, aHeld({ phase }), stored);
};
const reads = readsOf({ replicaSets: [aReplicaSet(), aReplicaSet({ image: "web:2", replicas: 1 })] });

describe("the opt-in, taken away in flight", () => {
  const first: [Phase, RegExp][] = [
    [
      "canary",
      /^serin\.dev\/rollout cannot go while a rollout is in flight: promote it .* or undo it .* first$/,
    ],
    ["failed", /^serin\.dev\/rollout cannot go while the failed version is held: undo it .* first$/],
    ["promoting", /in flight: try again when it has ended$/],
    ["undone", /in flight: try again when it has ended$/],
  ];
  for (const [phase, told] of first) {
    it(`is refused while ${phase}, with what has to come first, whatever else the request wants`, () => {
      const old = flown(phase);
      const other = {
        ...old,
        spec: { ...old.spec, template: aDeployment({ image: "web:3" }).spec.template },
      };
      for (const answer of [
        admitUpdate(withoutOptIn(old), old, undefined, AT_NOON),
        admitUpdate(withoutOptIn(other), old, reads, AT_NOON),
      ]) {
        expect(answer.allowed).to.equal(false);
        expect(!answer.allowed && answer.message).to.match(told);
      }
    });
  }

  it("may go with the version: back to the stable one and out of Serin in one commit", () => {
    const old = flown("failed");
    const back = { ...old, spec: { ...old.spec, template: aDeployment().spec.template } };
    const answer = admitUpdate(withoutOptIn(back), old, reads, AT_NOON);
    expect(answer.allowed && answer.object.spec).to.deep.equal(keepHistory(aDeployment().spec));
  });
});
