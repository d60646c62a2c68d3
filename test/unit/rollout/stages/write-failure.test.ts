import { expect } from "chai";
import type { Write } from "../../../../kube/core/writes.ts";
import { reportWriteFailure } from "../../../../rollout/stages/write-failure.ts";
import { createCanaryService } from "../../../../rollout/traffic/writes.ts";
import type { Phase } from "../../../../rollout/workload/hold-record.ts";
import { writeSurge } from "../../../../rollout/workload/writes.ts";
import { aHeld, aService, aSnapshot } from "../../../support/builders.ts";

const canaryService = createCanaryService(aService({ meta: { name: "web-canary" } }));
const reasonsOf = (phase: Phase) =>
  reportWriteFailure(aSnapshot({ held: aHeld({ phase }) }), canaryService, "exceeded quota").writes.map(
    (write) => (write.verb === "event" ? `event ${write.reason}` : `${write.verb} ${JSON.stringify(write)}`),
  );

describe("rollout/hindrance", () => {
  it("tells what cannot be written and why, in an Event and in the condition", () => {
    const { writes } = reportWriteFailure(aSnapshot(), canaryService, "exceeded quota");
    expect(writes[0]).to.include({
      reason: "WriteFailed",
      type: "Warning",
      message: "cannot create services/web-canary: exceeded quota",
    });
    expect(JSON.stringify(writes[1])).to.include('"reason":"Holding"').and.to.include("exceeded quota");
  });

  it("leaves the condition alone that holds a verdict", () => {
    for (const phase of ["failed", "undone"] as const)
      expect(reasonsOf(phase), phase).to.deep.equal(["event WriteFailed"]);
    for (const phase of ["canary", "promoting"] as const) expect(reasonsOf(phase), phase).to.have.length(2);
  });

  it("cuts what others say at length", () => {
    const [event] = reportWriteFailure(aSnapshot(), canaryService, "x".repeat(10_000)).writes;
    expect(event?.verb === "event" && event.message.length).to.be.below(600);
  });

  it("names the values of the hold if a policy refused a write to the Deployment, and only then", () => {
    const snapshot = aSnapshot();
    const said = (write: Write, reason: string) =>
      reportWriteFailure(snapshot, write, reason).writes.flatMap((one) =>
        one.verb === "event" ? [one.message] : [],
      )[0];
    const deployment = writeSurge(snapshot.deployment, 1);
    for (const reason of [
      "deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'a' with binding 'b' denied request: too long",
      'admission webhook "validate.kyverno.svc" denied the request: too long',
    ])
      expect(said(deployment, reason)).to.match(
        /too long; while a Deployment has the annotation serin\.dev\/held, policies must allow minReadySeconds 2147483645, progressDeadlineSeconds 2147483646, .*maxUnavailable 0$/,
      );
    expect(said(deployment, "the object has been modified")).to.match(/modified$/);
    const service = createCanaryService(aService());
    expect(said(service, 'admission webhook "x" denied the request: no')).to.match(/: no$/);
  });
});
