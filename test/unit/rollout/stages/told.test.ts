import { expect } from "chai";
import { noEvidence } from "../../../../rollout/judge/fold.ts";
import type { Decision } from "../../../../rollout/stages/decision.ts";
import { reportStrangers } from "../../../../rollout/stages/strangers.ts";
import { reportUnscraped } from "../../../../rollout/stages/unscraped.ts";
import { aService, NOON } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";

const decision: Decision = {
  writes: [],
  condition: { status: "Unknown", reason: "Progressing", message: "canary has 10%" },
};

describe("the condition", () => {
  it("names another workload that came behind a Service in flight", () => {
    const strangers = [
      { service: "web", kind: "StatefulSet", name: "legacy" },
      { service: "other", kind: "Pod", name: "debug" },
    ];
    const told = reportStrangers({ ...aRollout(), strangers }, decision);
    expect(told.condition?.message).to.equal(
      "canary has 10%. Service web also selects the pods of StatefulSet legacy: they get no requests through it until the rollout ends",
    );
    expect(reportStrangers(aRollout(), decision)).to.equal(decision);
    expect(reportStrangers({ ...aRollout(), strangers }, { writes: [] })).to.deep.equal({ writes: [] });
  });

  it("names addresses that came behind a Service in flight: no selector keeps requests from them", () => {
    const strangers = [
      { service: "web", kind: "EndpointSlice", name: "web-vm" },
      { service: "web", kind: "StatefulSet", name: "legacy" },
    ];
    expect(reportStrangers({ ...aRollout(), strangers }, decision).condition?.message).to.equal(
      "canary has 10%. Service web also selects the pods of StatefulSet legacy: they get no requests through it until the rollout ends" +
        ". Service web also leads to the addresses of EndpointSlice web-vm: they answer a part of the stable version's requests",
    );
  });

  it("names the Service through which a scrape would miss the canary", () => {
    const services = [aService(), aService({ meta: { name: "web-metrics" } })];
    const annotations = { "serin.dev/metrics": "application" };
    const start = { since: NOON, from: NOON, tickMs: 5_000, phi: 1, bounds: [] };
    const seen = (canary: boolean, of = annotations) => {
      const judged = { ...noEvidence(start), present: { canary, stable: true } };
      const snapshot = aRollout({ annotations: of, services, evidence: { gates: {}, judged } });
      return reportUnscraped(snapshot, decision).condition?.message;
    };
    expect(seen(false)).to.contain(
      "Serin isolates Service web-metrics, so a scrape through it misses the canary",
    );
    expect(seen(true)).to.equal("canary has 10%");
    expect(seen(false, {} as typeof annotations)).to.equal("canary has 10%");
  });
});
