import { expect } from "chai";
import { answerInSystemNamespace } from "../../../../rollout/admission/system-namespaces.ts";
import { HELD } from "../../../../rollout/keys.ts";
import { aDeployment, aHeld } from "../../../support/builders.ts";

const OWN = "platform";
const optedIn = { "serin.dev/rollout": "canary" };
const one = (namespace: string, annotations: Record<string, string> = {}, image = "web:1") =>
  aDeployment({ image, meta: { namespace, annotations } });

describe("rollout/admission/system-namespaces", () => {
  it("has no answer for other namespaces", () => {
    expect(answerInSystemNamespace(one("shop", optedIn), one("shop"), OWN)).to.equal(undefined);
  });

  for (const namespace of [OWN, "kube-system"]) {
    it(`refuses the opt-in in ${namespace}, at creation and later, and says why`, () => {
      for (const old of [undefined, one(namespace)])
        expect(answerInSystemNamespace(one(namespace, optedIn), old, OWN)).to.deep.include({
          allowed: false,
          message:
            `Serin starts no rollouts in namespace ${namespace}: while Serin is away, the API server would ` +
            "refuse new versions there; remove the annotation serin.dev/rollout",
        });
    });

    it(`lets a new version pass in ${namespace} that was opted in while Serin was away, and lets it opt out`, () => {
      const old = one(namespace, optedIn);
      const next = one(namespace, optedIn, "web:2");
      const answer = answerInSystemNamespace(next, old, OWN);
      expect(answer).to.deep.include({ allowed: true, object: next, effects: [] });
      expect(answer?.allowed && answer.warnings).to.have.length(1);
      const out = one(namespace);
      expect(answerInSystemNamespace(out, old, OWN)).to.deep.include({ allowed: true, warnings: [] });
    });

    it(`drops Serin's own keys in ${namespace}, and lets a rollout of an older Serin end`, () => {
      const forged = one(namespace, { [HELD]: JSON.stringify(aHeld()) });
      const answer = answerInSystemNamespace(forged, one(namespace), OWN);
      expect(answer?.allowed && answer.object.metadata.annotations).to.not.have.property(HELD);
      expect(answerInSystemNamespace(one(namespace), forged, OWN)).to.equal(undefined);
    });
  }
});
