import { expect } from "chai";
import { noEvidence } from "../../../../rollout/judge/fold.ts";
import { awaitCounting, checkCounting, countingQuestionOf } from "../../../../rollout/stages/counting.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { aRoute, NOON } from "../../../support/builders.ts";
import { aRollout, carrying } from "../../../support/rollout.ts";
import { recordIn } from "./routed.ts";

const controllerName = "gateway.envoyproxy.io/gatewayclass-controller";

function onEnvoyGateway(weight: number, annotations: Record<string, string> = {}): Snapshot {
  const route = aRoute();
  const parents = (route.status?.parents ?? []).map((parent) => ({ ...parent, controllerName }));
  const routes = [carrying({ ...route, status: { parents } }, weight, NOON)];
  return aRollout({ now: NOON + 60_000, annotations, weight, routes });
}

/** With evidence in which these versions have series. */
function counting(snapshot: Snapshot, present: { canary: boolean; stable: boolean }): Snapshot {
  const start = { since: NOON, from: NOON, tickMs: 5_000, phi: 1, bounds: [] };
  return { ...snapshot, evidence: { judged: { ...noEvidence(start), present }, gates: {} } };
}

describe("whether a gateway counts the versions apart", () => {
  it("is asked before the first weight, by the stable version's own requests", () => {
    const question = countingQuestionOf(onEnvoyGateway(0));
    expect(question).to.include({ uid: "uid-web" });
    expect(
      question?.sources.map(({ pack, stable }) => [pack.name, stable.map(({ service }) => service)]),
    ).to.deep.equal([["Envoy Gateway", ["web"]]]);
  });

  const none = { canary: false, stable: false };
  for (const [what, snapshot, asked] of [
    [
      "while the canary has a weight and the stable version no series",
      counting(onEnvoyGateway(10), none),
      true,
    ],
    ["once the stable version has series", counting(onEnvoyGateway(10), { ...none, stable: true }), false],
    ["before the first tick of a step", onEnvoyGateway(10), false],
    ["behind a gateway that always does", aRollout({ weight: 0 }), false],
    ["for the application's own metrics", onEnvoyGateway(0, { "serin.dev/metrics": "application" }), false],
    [
      "where requests decide nothing",
      onEnvoyGateway(0, { "serin.dev/compare": "off", "serin.dev/checks": "queue <= 5" }),
      false,
    ],
    ["of a plan that only checks", onEnvoyGateway(0, { "serin.dev/compare": "off" }), true],
  ] as const) {
    it(`is ${asked ? "asked" : "not asked"} ${what}`, () => {
      expect(countingQuestionOf(snapshot) !== undefined).to.equal(asked);
    });
  }

  it("delays the first weight until Prometheus has answered, and no later one", () => {
    const asking = { kind: "asking" } as const;
    expect(awaitCounting({ ...onEnvoyGateway(0), counting: asking })).to.deep.equal({ writes: [] });
    expect(awaitCounting({ ...onEnvoyGateway(10), counting: asking })).to.equal(undefined);
    expect(awaitCounting({ ...onEnvoyGateway(0), counting: { kind: "unknown" } })).to.equal(undefined);
  });

  it("rolls back at once if it does not, before any weight or as soon as it is seen", () => {
    const reason = "Envoy Gateway counts the requests of a rule for all its backends together";
    for (const [weight, when] of [
      [0, "before it had any traffic"],
      [10, "at 10%"],
    ] as const) {
      const { writes } = decide({ ...onEnvoyGateway(weight), counting: { kind: "undivided", reason } });
      expect(recordIn(writes)?.outcome).to.equal("failed");
      expect(recordIn(writes)?.message).to.contain(`rolled back ${when}: ${reason}. `);
    }
    expect(checkCounting({ ...onEnvoyGateway(10), counting: { kind: "divided" } })).to.equal(undefined);
  });
});
