import { expect } from "chai";
import { announce } from "../../../../rollout/admission/warnings.ts";
import { indistinct, unaskable } from "../../../../rollout/preflight/uncounted.ts";
import { judgeInputOf } from "../../../../rollout/stages/judge-input.ts";
import { aPlan, aRoute, aService } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";

const elsewhere = aRoute({ backends: [{ name: "api", port: 80 }] });
const plan = (checks: string, more = {}) => aPlan({ "serin.dev/checks": checks, ...more });

describe("a plan of a Deployment that no route names", () => {
  it("is refused if it has a check that nothing can answer, with the ways out", () => {
    for (const checks of ["success-rate >= 99%", "p99 <= 1s", "queue <= 5, p99 <= 1s"]) {
      expect(unaskable(plan(checks), [aService()], [elsewhere]), checks).to.match(
        /^serin\.dev\/checks: no route names Service web, so no gateway counts the requests of (success-rate|p99).*serin\.dev\/metrics: application.*or remove the check$/,
      );
    }
    expect(unaskable(plan("p99 <= 1s"), [], [])).to.match(
      /^serin\.dev\/checks: no Service selects these pods/,
    );
  });

  it("is not refused for what something answers, or for a default", () => {
    const none = [aPlan(), aPlan({ "serin.dev/compare": "off" }), plan("none"), plan("queue <= 5")];
    const application = plan("p99 <= 1s", { "serin.dev/metrics": "application" });
    for (const each of [...none, application]) expect(unaskable(each, [aService()], [])).to.equal(undefined);
    expect(unaskable(plan("p99 <= 1s"), [aService()], [elsewhere, aRoute()])).to.equal(undefined);
  });

  it("is refused if the application counts and the pods' names are too long for the hash of their version", () => {
    const own = { "serin.dev/metrics": "application" };
    const [longest, tooLong] = [52, 53].map((length) => "x".repeat(length)) as [string, string];
    expect(indistinct(aPlan(own), tooLong, [])).to.equal(
      "serin.dev/metrics: the application's counters name pods, and Kubernetes shortens the hash of the version in the names of these pods: " +
        "give the Deployment a name of at most 52 characters, or use serin.dev/compare: off with checks that count no requests",
    );
    const byGateway = aRoute({
      status: { parents: [{ controllerName: "konghq.com/kic-gateway-controller", conditions: [] }] },
    });
    expect(indistinct(aPlan(), tooLong, [byGateway]), "a gateway whose counters Serin cannot use").to.include(
      "pods",
    );
    expect(indistinct(aPlan(own), longest, [])).to.equal(undefined);
    expect(indistinct(aPlan(), tooLong, [aRoute()])).to.equal(undefined);
    const unjudged = { "serin.dev/compare": "off", "serin.dev/checks": "queue <= 5" };
    expect(indistinct(aPlan({ ...own, ...unjudged }), tooLong, [])).to.equal(undefined);
  });

  it("is not announced as compared, unless the application counts", () => {
    const first = (given = {}) => announce(aPlan(given), [aService()], [elsewhere])[0];
    expect(first()).to.include("not compared, because no route names a Service of these pods");
    expect(first({ "serin.dev/metrics": "application" })).to.include("; compared with stable;");
  });

  it("waits for no default check", () => {
    const annotations = { "serin.dev/compare": "off" };
    const run = { inForceSince: "2026-01-01T12:00:00.000Z" };
    const checks = (given: object) =>
      judgeInputOf(aRollout({ annotations, run, ...given }))?.terms.checks.length;
    expect([checks({ routes: [] }), checks({})]).to.deep.equal([0, 1]);
  });
});
