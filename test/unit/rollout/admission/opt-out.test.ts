import { expect } from "chai";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { both, edit, inFlight, no, yes } from "../../../support/ask.ts";
import { aDeployment } from "../../../support/builders.ts";

const GONE =
  "this request removes serin.dev/rollout, as an undo to a revision from before the opt-in does: later versions get no canary until you annotate it again";

/** The request of `kubectl rollout undo` to a revision whose ReplicaSet has no copy of the opt-in. */
function withoutOptIn(object: Deployment): Deployment {
  const { "serin.dev/rollout": _gone, ...annotations } = object.metadata.annotations ?? {};
  return { ...object, metadata: { ...object.metadata, annotations } };
}

describe("a template that comes without the opt-in", () => {
  it("is told at rest, because later versions get no canary", () => {
    const requested = withoutOptIn(aDeployment({ image: "web:0" }));
    expect(yes(requested, aDeployment()).warnings).to.deep.equal([GONE]);
  });

  it("is told when the stable version comes back in flight", () => {
    const old = inFlight();
    expect(yes(withoutOptIn(edit(old, {}, "web:1")), old, both).warnings).to.deep.equal([GONE]);
  });

  it("names the resume where the rollout ends only after one", () => {
    const old = inFlight({ held: { phase: "promoting" }, paused: true });
    expect(no(withoutOptIn(old), old)).to.match(
      /in flight: kubectl rollout resume deployment\/web, then try again when it has ended$/,
    );
  });

  it("is not told of a Deployment that was not opted in, nor of an opt-out by itself", () => {
    const plain = withoutOptIn(aDeployment());
    expect(yes(edit(plain, {}, "web:2"), plain).warnings).to.deep.equal([]);
    expect(yes(plain, aDeployment()).warnings).to.deep.equal([]);
  });
});
