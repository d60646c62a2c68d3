import { expect } from "chai";
import type { Findings } from "../../../../rollout/judge/evidence.ts";
import { FLIGHT, HASH_LABEL } from "../../../../rollout/keys.ts";
import { advance } from "../../../../rollout/stages/advance.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import type { Decision } from "../../../../rollout/stages/decision.ts";
import { AT_NOON, aDeployment, aHeld, aReplicaSet, aSnapshot, NOON } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";
import { after, type Doing, MINUTE, recorded } from "../judge/decided.ts";

interface Story {
  readonly minutes: number;
  readonly canary?: Doing;
  readonly stable?: Doing;
  readonly step?: number;
  readonly annotations?: Record<string, string>;
  readonly evidence?: Findings;
  /** The share of the stable version's requests that failed right before the rollout. */
  readonly usual?: number;
}

/** The decision about a rollout whose step is in force since noon. */
function decided({ minutes, canary, stable, step = 0, annotations = {}, evidence, usual }: Story): Decision {
  const snapshot = aRollout({ annotations, now: NOON + minutes * MINUTE, run: { step } });
  const counted = canary && stable && after(minutes, snapshot, canary, stable);
  const judged = counted && { ...counted, ...(usual !== undefined && { usual }) };
  return advance({ ...snapshot, evidence: evidence ?? { gates: {}, ...(judged && { judged }) } });
}

const outcome = (story: Story) => {
  const decision = decided(story);
  const run = recorded(decision);
  if (run === undefined) return decision.condition?.message ?? "nothing";
  return run.outcome === "running" ? `step ${run.step}: ${run.message}` : `${run.outcome}: ${run.message}`;
};

/** Too few requests to prove anything before hours have gone by. */
const rare = { canary: (tick: number) => ({ total: tick % 30 === 0 ? 1 : 0 }), stable: { total: 1 } };
const many = { canary: { total: 100 }, stable: { total: 900 } };
const silent = { canary: { total: 0 }, stable: { total: 0 } };
const LAST = 2;

describe("going on by evidence", () => {
  it("waits for the step's time, whatever is proven", () => {
    const early = decided({ minutes: 0.5, ...many });
    expect(early.writes).to.deep.equal([]);
    expect(early.waitMs).to.equal(30_000);
    expect(early.condition?.message).to.match(/^canary has 10% of the traffic, step 1 of 3: verified: /);
  });

  it("goes on when the canary is verified, and keeps the evidence in the record", () => {
    expect(outcome({ minutes: 1, ...many })).to.match(/^step 1: step 2 of 3 after 10%: verified: /);
    expect(recorded(decided({ minutes: 1, ...many }))?.evidence?.errors.totals).to.deep.equal([
      0, 600, 0, 5_400,
    ]);
    expect(outcome({ minutes: 5, step: LAST, ...many })).to.match(/^proven: proven at 50%: verified: /);
  });

  it("tells a step that proved safe within 30 s to hooks alone", () => {
    const unrecorded = (seconds: number, step = 0) => {
      const annotations = { "serin.dev/interval": "10s" };
      const plenty = { canary: { total: 2_000 }, stable: { total: 2_000 } };
      const told = decided({ minutes: seconds / 60, step, annotations, ...plenty }).writes;
      return told.flatMap((write) => (write.verb === "event" ? [[write.reason, write.unrecorded]] : []));
    };
    expect(unrecorded(20)).to.deep.equal([["CanaryStep", true]]);
    expect(unrecorded(29.9, LAST)).to.deep.equal([["CanaryProven", true]]);
    expect(unrecorded(30)).to.deep.equal([["CanaryStep", undefined]]);
    expect(unrecorded(30, LAST)).to.deep.equal([["CanaryProven", undefined]]);
  });

  it("holds without proof, and after max-interval goes on by weak evidence, but not at the last step", () => {
    expect(outcome({ minutes: 9.9, ...rare })).to.match(/^holding at 10%: safe [\d.]+:1 of 20:1, harm /);
    expect(outcome({ minutes: 10, ...rare })).to.match(/^step 1: step 2 of 3 after 10%: weak evidence: /);
    expect(outcome({ minutes: 10, step: LAST, ...rare })).to.match(/^holding at 50%: /);
    expect(outcome({ minutes: 29.9, step: LAST, ...rare })).to.match(/^holding at 50%: (?!inconclusive)/);
  });

  it("continues without a single request, as no user is harmed, but does not promote", () => {
    expect(outcome({ minutes: 10, ...silent })).to.match(/^step 1: .*weak evidence: no requests to either/);
    for (const inconclusive of ["hold", "promote", "rollback"]) {
      const annotations = { "serin.dev/compare": `inconclusive=${inconclusive}` };
      expect(outcome({ minutes: 600, step: LAST, annotations, ...silent })).to.match(
        /^holding at 50%: no requests to either version for .*; kubectl annotate .*=2 \(or abort\) decides$/,
      );
    }
  });

  it("goes no further if the stable version's requests ended with the first weight, until the user's wish for silence counts", () => {
    const ended = { ...silent, usual: 0 };
    const stays =
      /^holding at 10%: no requests to either version for .*, although stable had some right before/;
    expect(outcome({ minutes: 10, ...ended })).to.match(stays);
    expect(outcome({ minutes: 600, ...ended })).to.match(stays);
    const annotations = { "serin.dev/compare": "silent=promote" };
    expect(outcome({ minutes: 29.9, annotations, ...ended })).to.match(stays);
    expect(outcome({ minutes: 30, annotations, ...ended })).to.match(/^step 1: /);
  });

  it("does at the end what the user wants for silence", () => {
    const end = (compare: string, minutes = 30) =>
      outcome({ minutes, step: LAST, annotations: { "serin.dev/compare": compare }, ...silent });
    expect(end("silent=promote", 29.9)).to.match(/^holding at 50%: no requests/);
    expect(end("silent=promote")).to.match(/^proven: proven at 50%: no requests to either version/);
    expect(end("silent=rollback")).to.match(/^failed: rolled back .*: no requests to either version/);
    expect(end("silent=hold, inconclusive=promote")).to.match(/^holding at 50%: no requests/);
    const other = { "serin.dev/compare": "silent=promote" };
    expect(outcome({ minutes: 30, step: LAST, annotations: other, ...rare })).to.match(
      /^holding .*inconclusive/,
    );
  });

  it("promotes at the end what is verified only to within what may be lost at most", () => {
    const weakly = { canary: { total: 2 }, stable: { total: 2 } };
    expect(outcome({ minutes: 29.9, step: LAST, ...weakly })).to.match(
      /^holding at 50%: verified only to within 5/,
    );
    expect(outcome({ minutes: 30, step: LAST, ...weakly })).to.match(
      /^proven: proven at 50%: verified only to within 5\.00% of all requests at 100%/,
    );
  });

  it("does at the end what the user wants where nothing is proven", () => {
    const end = (annotations: Record<string, string>) =>
      outcome({ minutes: 30, step: LAST, annotations, ...rare });
    expect(end({})).to.match(
      /^holding at 50%: inconclusive: neither harm nor safety is proven; safe .*; kubectl annotate deployment\/web serin\.dev\/promote=2 \(or abort\) decides$/,
    );
    expect(end({ "serin.dev/compare": "inconclusive=promote" })).to.match(
      /^proven: proven at 50%: inconclusive: safe/,
    );
    expect(end({ "serin.dev/compare": "inconclusive=rollback" })).to.match(
      /^failed: rolled back at 10% after 30m: inconclusive: safe/,
    );
    const annotations = { "serin.dev/compare": "off", "serin.dev/checks": "success-rate >= 99%, queue <= 5" };
    expect(outcome({ minutes: 600, step: LAST, annotations, ...many }), "no comparison to conclude").to.equal(
      "holding at 50%: queue <= 5 has not been read yet",
    );
  });

  it("neither passes nor fails what cannot be read, however long", () => {
    for (const step of [0, LAST]) {
      const evidence = { gates: {}, unread: "Prometheus cannot be reached" };
      for (const minutes of [1, 10, 30, 1_000]) {
        expect(outcome({ minutes, step, evidence })).to.match(
          /^holding at \d+%: Prometheus cannot be reached$/,
        );
      }
    }
  });

  it("does not pass before the first tick has been read", () => {
    expect(outcome({ minutes: 1, evidence: { gates: {} } })).to.match(
      /: the first tick of this step has not/,
    );
    expect(decided({ minutes: 1 }).writes).to.deep.equal([]);
  });

  it("passes nothing that has not been read, however old the step: a controller may be new, or just back", () => {
    const gated = { "serin.dev/compare": "off", "serin.dev/checks": "queue <= 5" };
    for (const step of [0, LAST])
      for (const minutes of [1, 10, 30, 1_000]) {
        expect(outcome({ minutes, step, evidence: { gates: {} } })).to.match(
          /^holding at \d+%: the first tick of this step has not been read yet$/,
        );
        expect(outcome({ minutes, step, annotations: gated, evidence: { gates: {} } })).to.match(
          /^holding at \d+%: queue <= 5 has not been read yet$/,
        );
        const judged = after(minutes, aRollout({ run: { step } }), many.canary, many.stable);
        expect(outcome({ minutes: minutes + 10, step, evidence: { judged, gates: {} } })).to.match(
          /^holding at \d+%: the newest metrics that could be read are 10m old$/,
        );
      }
  });

  it("fails a canary that gets no requests at progressDeadlineSeconds, and neither goes on before", () => {
    const unrouted = { canary: { total: 0 }, stable: { total: 900 } };
    const annotations = { "serin.dev/max-interval": "2m" };
    for (const minutes of [1, 5, 9.9]) {
      expect(outcome({ minutes, annotations, ...unrouted })).to.match(
        /^holding at 10%: the canary receives no/,
      );
    }
    expect(outcome({ minutes: 10, annotations, ...unrouted })).to.match(
      /^failed: rolled back at 10% after 10m: the canary receives no requests although its weight is 10\.00%/,
    );
  });

  it("holds it for as long as requests come that no weight splits, and says which, with the way out", () => {
    const unrouted = { canary: { total: 0 }, stable: { total: 900 } };
    const ingress = { metadata: { name: "old" }, spec: { defaultBackend: { service: { name: "web" } } } };
    for (const minutes of [1, 30, 600]) {
      const snapshot = aRollout({ now: NOON + minutes * MINUTE });
      const judged = after(minutes, snapshot, unrouted.canary, unrouted.stable);
      const held = advance({ ...snapshot, ingresses: [ingress], evidence: { judged, gates: {} } });
      expect(held.writes).to.deep.equal([]);
      expect(held.condition?.message).to.match(
        /^holding at 10%: the canary receives no requests .*Ingress old leads to Service web too\. kubectl annotate deployment\/web serin\.dev\/promote=2 \(or abort\) decides$/,
      );
    }
    const annotations = { "serin.dev/metrics": "application" };
    expect(outcome({ minutes: 30, annotations, ...unrouted })).to.match(
      /^holding at 10%: .* the application's own metrics count requests that come without the gateway too\./,
    );
  });

  it("holds while the Deployment is paused", () => {
    const snapshot = aRollout({ now: NOON + MINUTE });
    const paused = {
      ...snapshot,
      deployment: { ...snapshot.deployment, spec: { ...snapshot.deployment.spec, paused: true } },
    };
    const judged = after(1, snapshot, many.canary, many.stable);
    // Also before the step's least time is over, so that a person who comes later knows why it stands still.
    for (const now of [NOON + MINUTE, NOON + MINUTE / 2])
      expect(advance({ ...paused, now, evidence: { judged, gates: {} } }).condition?.message).to.match(
        /^holding at 10%: paused: kubectl/,
      );
  });

  it("says in the record how a person sees what was counted, and what may be done now", () => {
    const snapshot = aRollout({ now: NOON + MINUTE });
    const judged = after(1, snapshot, { total: 100, failed: 20 }, many.stable);
    const run = recorded(decide({ ...snapshot, evidence: { judged, gates: {} } }));
    expect(run).to.include({ outcome: "failed" });
    const told = run?.message ?? "";
    expect(told).to.match(/^rolled back at 10% after 1m: errors\. canary 120 of 600 requests failed/);
    expect(told).to.include("kubectl annotate deployment/web serin.dev/retry=2 tries again");
    expect(told).to.match(
      /Query: .*traefik_service_requests_total\{.*\[60s\].* at 2026-01-01T12:01:00\.000Z$/,
    );
  });

  it("finds harm while a later step's pods get ready", () => {
    // Step 2 is granted, and its pods are not there: what 10 % did is on record all the same.
    const snapshot = aRollout({
      now: NOON + 2 * MINUTE,
      run: { step: 1, stepSince: new Date(NOON + MINUTE).toISOString() },
    });
    const judged = after(2, snapshot, { total: 100, failed: 20 }, many.stable);
    const waiting = decide({
      ...snapshot,
      evidence: { judged: after(2, snapshot, many.canary, many.stable), gates: {} },
    });
    expect(recorded(waiting)).to.equal(undefined);
    const run = recorded(decide({ ...snapshot, evidence: { judged, gates: {} } }));
    expect(run?.outcome).to.equal("failed");
    expect(run?.message).to.match(/^rolled back at 10% after 2m: errors\. /);
  });

  it("finds harm while no ReplicaSet has the Deployment's template, and grants nothing then", () => {
    const deployment = aDeployment({ image: "web:3" });
    const snapshot = aRollout({ now: NOON + 2 * MINUTE, deployment });
    const say = (canary: Doing) =>
      decide({ ...snapshot, evidence: { judged: after(2, snapshot, canary, many.stable), gates: {} } });
    expect(recorded(say({ total: 100, failed: 20 }))?.outcome).to.equal("failed");
    const good = say(many.canary);
    expect(recorded(good)).to.equal(undefined);
    const aborted = decide({ ...snapshot, held: { ...snapshot.held, asked: "abort" } });
    expect(recorded(aborted)?.outcome).to.equal("failed");
    expect(good.condition?.message).to.match(
      /^the Deployment's template differs from that of canary web-web2/,
    );
  });
});

describe("the request behind a decision", () => {
  const requests = (verb: "promote" | "abort") =>
    [
      { user: "bob", verb: "update", at: AT_NOON },
      { user: "alice", verb, at: AT_NOON },
    ] as const;

  for (const [verb, outcome] of [
    ["promote", "proven"],
    ["abort", "failed"],
  ] as const) {
    it(`is named in the message of ${verb}, and kept in the run record`, () => {
      const held = aHeld({ asked: verb, requests: requests(verb) });
      const snapshot = aRollout({ held });
      const run = recorded(decide(snapshot));
      expect(run?.outcome).to.equal(outcome);
      expect(run?.message).to.match(/(promot|abort)ed on request, asked by alice(\.|$)/);
      expect(run?.requests).to.deep.equal(requests(verb));
    });
  }

  it("is named at the start", () => {
    const held = aHeld({ requests: [{ user: "bob", verb: "update", at: AT_NOON }] });
    const canary = aReplicaSet({ image: "web:2", replicas: 1 });
    const stable = aReplicaSet({ meta: { labels: { [FLIGHT]: "uid-web", [HASH_LABEL]: "web1" } } });
    const decision = decide(aSnapshot({ held, canary, replicaSets: [stable, canary] }));
    expect(recorded(decision)).to.deep.include({ requests: held.requests });
    expect(decision.condition?.message).to.match(/^canary web-web2 next to stable web-web1, asked by bob$/);
  });
});
