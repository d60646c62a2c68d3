import { expect } from "chai";
import { noEvidence } from "../../../../rollout/judge/fold.ts";
import {
  awaitCounting,
  checkCounting,
  countingQuestionOf,
  reportUncounted,
} from "../../../../rollout/stages/counting.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import { withDeadline } from "../../../../rollout/stages/first-weight.ts";
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

/** A canary at 10 % since noon, without any series for the last seconds. */
function withoutSeries(seconds: number, annotations: Record<string, string> = {}): Snapshot {
  const at = NOON + 3_600_000;
  const snapshot = aRollout({ now: at, annotations });
  const start = { since: NOON, from: NOON, tickMs: 5_000, phi: 1, bounds: [] };
  const judged = { ...noEvidence(start), at, uncounted: seconds / 5 };
  return { ...snapshot, evidence: { judged, gates: {} } };
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
    ["before any weight behind every gateway", aRollout({ weight: 0 }), true],
    ["later behind a gateway that always does", counting(aRollout(), none), false],
    ["for the application's own metrics", onEnvoyGateway(0, { "serin.dev/metrics": "application" }), true],
    [
      "where no weight keeps requests away",
      aRollout({ weight: 0, routes: [], annotations: { "serin.dev/metrics": "application" } }),
      false,
    ],
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

  it("is asked once more when the routes with the canary Service are in force, behind a gateway that may not", () => {
    const after = (ms: number, snapshot: Snapshot) =>
      countingQuestionOf({ ...snapshot, now: NOON + ms })?.attached;
    expect(after(4_000, onEnvoyGateway(0)), "not in force").to.equal(false);
    expect(after(5_000, onEnvoyGateway(0))).to.equal(true);
    expect(after(60_000, aRollout({ weight: 0 })), "Traefik").to.equal(false);
    const bare = { ...onEnvoyGateway(0), routes: [aRoute()], shares: new Map() };
    expect(after(60_000, bare), "not in the routes").to.not.equal(true);
  });

  it("is asked for as long as a plan has several gateways, and the condition names the one without counters", () => {
    const route = aRoute();
    const [first] = route.status?.parents ?? [];
    if (first === undefined) throw new Error("no parent");
    const parents = [first, { ...first, parentRef: { name: "other" }, controllerName }];
    const snapshot = counting(
      aRollout({ now: NOON + 30_000, routes: [carrying({ ...route, status: { parents } }, 10, NOON)] }),
      { canary: true, stable: true },
    );
    expect(countingQuestionOf(snapshot)?.sources.map(({ pack }) => pack.name)).to.have.members([
      "Traefik",
      "Envoy Gateway",
    ]);
    const uncounted = "Prometheus has no request counter of Traefik (count(…) is empty)";
    const progressing = { status: "Unknown", reason: "Progressing", message: "canary has 10%" } as const;
    const said = (counting: NonNullable<Snapshot["counting"]>) =>
      reportUncounted({ ...snapshot, counting }, { writes: [], condition: progressing }).condition?.message;
    expect(said({ kind: "divided", uncounted })).to.equal(
      `canary has 10%. ${uncounted}, so nothing judges the canary there: let Prometheus scrape it, or send a first request`,
    );
    expect(said({ kind: "divided" })).to.equal("canary has 10%");
    expect(awaitCounting({ ...onEnvoyGateway(0), counting: { kind: "divided", uncounted } })).to.equal(
      undefined,
    );
  });

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

  it("keeps the first weight until the gateway has any counter, but not beyond the deadline", () => {
    const counting = { kind: "uncounted", reason: "Prometheus has no request counter of Traefik" } as const;
    const wait = (afterMs: number) => {
      const snapshot = { ...aRollout({ weight: 0, now: NOON + afterMs }), counting };
      return withDeadline(snapshot, awaitCounting(snapshot) ?? { writes: [] });
    };
    expect(wait(60_000)).to.deep.include({ writes: [], waitMs: 5_000 });
    expect(wait(60_000).condition?.wait).to.equal("metrics");
    expect(wait(60_000).condition?.message).to.match(
      /^the first weight waits for counters: Prometheus has no request counter of Traefik: let /,
    );
    expect(recordIn(wait(700_000).writes)?.message).to.match(
      /^rolled back before .*: the canary had no weight within .*: the first weight waits for counters/,
    );
    expect(awaitCounting({ ...aRollout(), counting }), "with a weight").to.equal(undefined);
  });

  it("rolls back a canary that has had no series for as long as the Deployment's deadline", () => {
    expect(checkCounting(withoutSeries(595))).to.equal(undefined);
    expect(recordIn(decide(withoutSeries(600)).writes)?.message).to.match(
      /^rolled back at 10% after 1h: Prometheus has no series of these backends/,
    );
    const off = { "serin.dev/compare": "off", "serin.dev/checks": "queue <= 5" };
    expect(checkCounting(withoutSeries(600, off)), "where requests decide nothing").to.equal(undefined);
  });

  it("rolls back no canary whose series have ended, that is paused, or that has no pods", () => {
    const { evidence, deployment, ...rest } = withoutSeries(600);
    const judged = evidence?.judged;
    if (judged === undefined) throw new Error("no evidence");
    const { uncounted: _uncounted, ...counted } = judged;
    const ended = { ...rest, deployment, evidence: { ...evidence, judged: counted } } as Snapshot;
    expect(checkCounting(ended)).to.equal(undefined);
    for (const spec of [{ paused: true }, { replicas: 0 }]) {
      const changed = { ...deployment, spec: { ...deployment.spec, ...spec } };
      expect(checkCounting({ ...rest, evidence, deployment: changed } as Snapshot)).to.equal(undefined);
    }
  });
});
