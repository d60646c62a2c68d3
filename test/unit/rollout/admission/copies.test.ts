import { expect } from "chai";
import type { Deployment, ReplicaSet } from "../../../../kube/core/workloads.ts";
import { admitCreate } from "../../../../rollout/admission/admit.ts";
import { HELD } from "../../../../rollout/keys.ts";
import { hold } from "../../../../rollout/workload/hold.ts";
import type { Phase } from "../../../../rollout/workload/hold-record.ts";
import { inFlight, native, yes } from "../../../support/ask.ts";
import { aDeployment, aReplicaSet } from "../../../support/builders.ts";

const create = (copy: Deployment, sets: readonly ReplicaSet[] = []) => admitCreate(copy, undefined, sets);
const stripped = (deployment: Deployment, ...keys: string[]): Deployment => {
  const { annotations = {}, labels: _labels, ...metadata } = deployment.metadata;
  const kept = Object.entries(annotations).filter(([key]) => !keys.includes(key));
  return { ...deployment, metadata: { ...metadata, annotations: Object.fromEntries(kept) } };
};
const heldSpec = (image = "web:2") => hold(aDeployment({ image }).spec, "10%");

describe("a copy of a Deployment in flight, on CREATE", () => {
  const phases: [Phase, boolean, RegExp][] = [
    ["canary", false, /^this is a copy .* version was not proven: .*remove annotation serin\.dev\/held/],
    ["failed", false, /^this is a copy .* version failed as a canary: set the stable version's template/],
    ["promoting", true, /^$/],
    ["undone", true, /^$/],
  ];
  for (const [phase, isAllowed, message] of phases) {
    it(`${isAllowed ? "is created" : "is refused"} in phase ${phase}, if its stable version is not here`, () => {
      const answer = create(inFlight({ held: { phase } }), [aReplicaSet({ image: "web:0" })]);
      expect(answer.allowed).to.equal(isAllowed);
      expect(answer.allowed ? answer.warnings.join() : answer.message).to.match(message);
    });
  }

  for (const phase of ["canary", "failed"] as const) {
    it(`in phase ${phase} gets the stable template from its ReplicaSet, and a warning`, () => {
      const answer = create(inFlight({ held: { phase } }), [aReplicaSet({ image: "web:0" }), aReplicaSet()]);
      expect(answer.allowed && answer.object.spec).to.deep.equal(aDeployment().spec);
      expect(answer.allowed && answer.object.metadata.annotations).not.to.have.property(HELD);
      expect(answer.allowed && answer.warnings.join()).to.match(
        /^this is a copy .*: Serin puts back the stable version of ReplicaSet web-web1; set the other/,
      );
    });
  }

  // While it is paused, native control scales no version down: the canary's restored pods would stay, and serve.
  for (const [whose, held] of [
    ["the plan", {}],
    ["a user", { originals: { paused: true } }],
    ["Serin, before another version", { latched: true }],
  ] as const)
    it(`loses the pause of ${whose} with the canary's template, and the warning says so`, () => {
      const copy = inFlight({ held });
      const answer = create({ ...copy, spec: { ...copy.spec, paused: true } }, [aReplicaSet()]);
      expect(answer.allowed && answer.object.spec).not.to.have.property("paused");
      expect(answer.allowed && answer.warnings.join()).to.match(
        /Serin puts back the stable version of ReplicaSet web-web1 and removes the pause; set the other/,
      );
    });

  it("is refused if its record is not readable and it is held, and created if it is not held", () => {
    const annotations = { [HELD]: "{" };
    const broken = aDeployment({ annotations, ...heldSpec() });
    expect(create({ ...broken, spec: heldSpec() }).allowed).to.equal(false);
    expect(create(aDeployment({ annotations })).allowed).to.equal(true);
  });
});

describe("values of the hold without its record", () => {
  const healed = { ...aDeployment({ image: "web:2" }).spec, strategy: heldSpec().strategy };
  const { progressDeadlineSeconds: _deadline, ...spec } = healed;
  const told =
    /^minReadySeconds: 2147483645, progressDeadlineSeconds: 2147483646, revisionHistoryLimit: 2147483646 came from a copy/;

  it("are removed on CREATE, with and without the opt-in", () => {
    for (const keys of [[HELD], [HELD, "serin.dev/rollout"]]) {
      const answer = create(stripped(inFlight(), ...keys));
      expect(answer.allowed && answer.object.spec).to.deep.equal(spec);
      expect(answer.allowed && answer.warnings.join()).to.match(told);
    }
  });

  it("are removed by an UPDATE at rest, also if they are stored already", () => {
    const copy = stripped(inFlight(), HELD);
    for (const old of [aDeployment({ image: "web:2" }), copy]) {
      const { object, warnings } = yes(copy, old);
      expect(object.spec).to.deep.equal(spec);
      expect(warnings.join()).to.match(told);
    }
  });

  it("do not become the user's own values when a rollout begins", () => {
    const old = { ...aDeployment(), spec: heldSpec("web:1") };
    const { object } = yes({ ...old, spec: heldSpec() }, old);
    expect(object.metadata.annotations?.[HELD]).not.to.match(/"originals":\{[^}]*214748364/);
  });

  it("stay in flight, where they are the hold's, and leave a promotion", () => {
    const old = inFlight();
    expect(yes(old, old).object.spec).to.deep.equal(old.spec);
    expect(yes(old, old).warnings).to.deep.equal([]);
    const promoting = inFlight({ held: { phase: "promoting" } });
    const { object } = yes(
      { ...promoting, spec: { ...promoting.spec, minReadySeconds: 2_147_483_645 } },
      promoting,
    );
    expect(object.spec).to.deep.equal(promoting.spec);
  });

  it("leave the user's own values of the other fields", () => {
    const answer = create(
      aDeployment({ minReadySeconds: 2_147_483_645, revisionHistoryLimit: 2_147_483_647 }),
    );
    expect(answer.allowed && answer.object.spec).to.deep.equal(
      aDeployment({ revisionHistoryLimit: 2_147_483_647 }).spec,
    );
    expect(native).to.deep.include({ progressDeadlineSeconds: 600 });
  });
});
