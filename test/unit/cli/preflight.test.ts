import { expect } from "chai";
import { estimate } from "../../../cli/preflight/estimate.ts";
import {
  aboutAdmission,
  aboutPodsEnd,
  aboutRoom,
  aboutTraffic,
  peakPods,
} from "../../../cli/preflight/findings.ts";
import { aDeployment, aPlan } from "../../support/builders.ts";

const plan = aPlan({ "serin.dev/steps": "10, 25, 50" });
const web = aDeployment({ annotations: { "serin.dev/steps": "10, 25, 50" }, replicas: 5 });

describe("kubectl serin preflight", () => {
  it("estimates less time and the same cost with more traffic", () => {
    const slow = estimate(plan, 20);
    const fast = estimate(plan, 200);
    fast.steps.forEach(({ verifiedS = 0 }, i) => {
      expect(verifiedS).to.be.below(slow.steps[i]?.verifiedS ?? 0);
    });
    const [five, one] = fast.costs;
    expect(five?.afterS).to.be.below(60);
    expect(five?.failedRequests).to.be.within(3, 60);
    expect(one?.afterS).to.be.above(five?.afterS ?? 0);
    expect(estimate(aPlan({ "serin.dev/compare": "off" }), 200).steps).to.deep.equal([]);
  });

  it("warns of steps that end without proof", () => {
    const kinds = (rps: number) => aboutTraffic(web, rps).map(({ kind }) => kind);
    expect(kinds(1_000)).to.not.include("warning");
    expect(kinds(0.1)).to.include("warning");
  });

  it("tells the webhook's answer, and its silence", () => {
    expect(aboutAdmission({ refusal: "serin: a: use b\nc" })).to.deep.equal([
      { kind: "bad", where: "admission", says: "a: use b" },
      { kind: "bad", where: "admission", says: "c" },
    ]);
    const warned = aboutAdmission({
      object: web,
      warnings: ["serin: canary 10 %", "serin: careful", "old API"],
    });
    expect(warned.map(({ kind, says }) => `${kind} ${says}`)).to.deep.equal([
      "good canary 10 %",
      "warning careful",
    ]);
    expect(aboutAdmission({ object: web, warnings: [] })[0]?.says).to.contain(
      "Serin's webhook has not answered",
    );
  });

  it("counts the pods of the largest step against the quotas", () => {
    expect(peakPods(web)).to.equal(3);
    expect(aboutRoom(3, [{ name: "q", hard: 10, used: 8 }])[0]).to.include({ kind: "bad" });
    expect(aboutRoom(3, [{ name: "q", hard: 11, used: 8 }])[0]).to.include({ kind: "good" });
    expect(aboutRoom(1, [])[0]?.says).to.match(/^1 pod more at the peak; no quota/);
    expect(aboutPodsEnd(web).kind).to.equal("warning");
  });
});
