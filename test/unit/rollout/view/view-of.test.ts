import { expect } from "chai";
import * as v from "valibot";
import type { Deployment, ReplicaSet } from "../../../../kube/core/workloads.ts";
import { FLIGHT, HELD, RUN } from "../../../../rollout/keys.ts";
import { formatRouteRecord } from "../../../../rollout/traffic/route-record.ts";
import { turnPatch } from "../../../../rollout/traffic/turn.ts";
import { historyOf } from "../../../../rollout/view/history.ts";
import { historySchema, type RolloutView, viewSchema } from "../../../../rollout/view/view.ts";
import { inFlight, viewOf } from "../../../../rollout/view/view-of.ts";
import { formatHoldRecord, type HoldRecord } from "../../../../rollout/workload/hold-record.ts";
import { formatRun, type RunRecord } from "../../../../rollout/workload/run-record.ts";
import type { Wait } from "../../../../rollout/workload/waits.ts";
import { canaryCondition } from "../../../../rollout/workload/writes.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aReplicaSet,
  aRoute,
  aService,
  aSnapshot,
  NOON,
  ownedByWeb,
  type SnapshotParts,
} from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";

const EARLIER = "2026-01-01T12:00:00.000Z";
const REVISION = "deployment.kubernetes.io/revision";
const running: RunRecord = {
  ...{ started: AT_NOON, outcome: "running", step: 1, stepSince: AT_NOON, stable: "web1" },
  course: [{ step: 0, weight: 10, at: AT_NOON }],
  progress: {
    at: NOON + 30_000,
    harm: { log: 0, limit: Math.log(100) },
    safe: { log: Math.log(2), limit: Math.log(20) },
    etaMs: 7_400,
    requests: { canary: 100, stable: 900 },
    failed: { canary: 2, stable: 1 },
    slow: [{ bound: 0.25, canary: 3, stable: 20 }],
  },
  message: "step 2 of 3 after 10%: verified",
};

function versions(run?: RunRecord): readonly ReplicaSet[] {
  const owned = { ownerReferences: [ownedByWeb] };
  const annotations = { [REVISION]: "2", ...(run && { [RUN]: formatRun(run) }) };
  return [
    aReplicaSet({ meta: { ...owned, annotations: { [REVISION]: "1" } } }),
    aReplicaSet({ image: "web:2", replicas: 1, meta: { ...owned, annotations } }),
  ];
}

interface Given {
  readonly held?: Partial<HoldRecord>;
  readonly run?: Partial<RunRecord>;
  readonly says?: readonly [reason: string, message: string];
  readonly paused?: boolean;
}

/** A rollout of web:2 at 25 %, half a minute after noon. */
function flight({ held, run = {}, says, paused = false }: Given = {}): RolloutView {
  const [reason = "", message = ""] = says ?? [];
  const conditions = says ? [canaryCondition({ status: "Unknown", reason, message }, AT_NOON)] : [];
  const deployment: Deployment = {
    ...aDeployment({
      image: "web:2",
      annotations: { [HELD]: formatHoldRecord(aHeld(held)), [REVISION]: "2" },
      ...(paused && { paused }),
    }),
    status: { conditions },
  };
  const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 25, since: AT_NOON };
  const record = formatRouteRecord({ rules: {}, shares: { "uid-web": share } });
  return viewOf({
    now: NOON + 30_000,
    deployment,
    replicaSets: versions({ ...running, ...run }),
    services: [aService()],
    marked: [],
    routes: [aRoute({ kind: "HTTPRoute", meta: { annotations: { [HELD]: record } } })],
    grants: [],
    endpointSlices: [],
    pods: [],
  });
}

/** A rollout at 25 % that holds. */
const waiting = (now: Wait): Given => ({
  says: ["Holding", "x"],
  run: { announced: { step: running.step, waits: [], now } },
});

describe("the view of a rollout", () => {
  const states: Record<string, [Given, RolloutView["state"], string?]> = {
    "is not told yet": [{}, "preparing"],
    counts: [{ says: ["Progressing", "canary has 25%: open"] }, "progressing"],
    "lacks evidence": [{ says: ["Holding", "x"] }, "holding", "evidence"],
    "has lost its stable version": [{ says: ["StableLost", "x"] }, "waiting", "person"],
    "has no traffic": [waiting("traffic"), "holding", "traffic"],
    "cannot read metrics": [waiting("metrics"), "holding", "metrics"],
    "is refused a write": [waiting("api"), "holding", "api"],
    "cannot decide": [waiting("person"), "waiting", "person"],
    "asks a hook": [waiting("hook"), "holding", "hook"],
    "is paused": [{ paused: true, says: ["Preparing", "x"] }, "waiting", "person"],
    "is latched": [{ paused: true, held: { latched: true } }, "preparing", "pods"],
    "lacks a route": [{ run: { unroutedSince: AT_NOON }, says: ["Preparing", "x"] }, "preparing", "traffic"],
    "is promoted now": [{ held: { phase: "promoting" }, run: { outcome: "proven" } }, "promoting"],
    "has failed": [{ held: { phase: "failed" }, run: { outcome: "failed", ended: AT_NOON } }, "rolled-back"],
    "is undone": [{ held: { phase: "undone" } }, "undone"],
  };
  for (const [what, [given, state, reason]] of Object.entries(states))
    it(`is ${state} when it ${what}`, () => {
      const view = flight(given);
      expect(view.state).to.equal(state);
      if (reason !== undefined) expect(view.waits?.reason).to.equal(reason);
      expect(v.parse(viewSchema, view)).to.deep.equal(view);
    });

  it("has the weights, the numbers against their limits and the course", () => {
    const view = flight({ says: ["Progressing", "canary has 25%: open"] });
    expect(view).to.deep.include({
      revision: "2",
      step: 2,
      traffic: { canary: 25, stable: 75 },
      says: "canary has 25%: open",
      images: [{ container: "main", stable: "web:1", canary: "web:2" }],
      course: [{ step: 1, weight: 10, at: AT_NOON }],
    });
    expect(view.evidence?.safe).to.deep.include({ odds: 2, limit: 20, etaSeconds: 8 });
    expect(view.evidence?.slow).to.deep.equal([{ seconds: 0.25, canary: 3, stable: 20 }]);
    expect(view.routes).to.deep.equal([
      { kind: "HTTPRoute", namespace: "shop", name: "web", gateways: ["Traefik"], weight: 25 },
    ]);
  });

  it("names the command that ends a wait", () => {
    expect(flight({ paused: true }).waits?.command).to.equal("kubectl rollout resume deployment/web -n shop");
    expect(flight({ says: ["Holding", "holding at 25%: unread"] }).waits?.command).to.equal(
      "kubectl annotate deployment/web serin.dev/promote=2 -n shop",
    );
  });

  it("tells the verdict as soon as it is recorded, although the condition is still that of the step", () => {
    const run = { outcome: "failed", message: "rolled back at 25%: errors" } as const;
    const view = flight({ run, says: ["Progressing", "canary has 25% of the traffic"] });
    expect(view).to.include({ state: "rolled-back", says: "rolled back at 25%: errors" });
  });

  it("tells the loss of the stable version rather than the verdict, whose ways out need that version", () => {
    const run = { outcome: "failed", message: "rolled back at 25%: errors" } as const;
    const held = { phase: "failed", lost: true } as const;
    const view = flight({ held, run, says: ["StableLost", "the ReplicaSet of stable web1 is gone"] });
    expect(view).to.include({ state: "rolled-back", says: "the ReplicaSet of stable web1 is gone" });
  });

  it("is made of the controller's own snapshot as well, by pods where no route names the Services", () => {
    const canary = aReplicaSet({ image: "web:2", replicas: 1 });
    const view = inFlight(aSnapshot({ canary, replicaSets: [aReplicaSet(), canary], routes: [] }));
    expect(view).to.deep.include({ state: "preparing", traffic: { canary: 17, stable: 83 } });
    expect(v.parse(viewSchema, view)).to.deep.equal(view);
  });

  it("counts pods in a promotion as soon as the Services select both versions, whatever weight the routes still give", () => {
    const canary = aReplicaSet({ image: "web:2", replicas: 2 });
    const replicaSets = [aReplicaSet({ replicas: 2 }), canary];
    const traffic = (held: Partial<HoldRecord>) =>
      inFlight(aSnapshot({ canary, replicaSets, held: aHeld(held) })).traffic;
    expect(traffic({ phase: "promoting" })).to.deep.equal({ canary: 50, stable: 50 });
    expect(traffic({})).to.deep.equal({ canary: 0, stable: 100 });
  });

  it("gives a promoted version all traffic once the Service is turned to its pods, with the routes drained", () => {
    const stable = aReplicaSet();
    const traffic = (hash: string, weight: number, more: SnapshotParts = {}) => {
      const { metadata, spec } = turnPatch(aService(), "uid-web", hash, AT_NOON);
      const services = [aService({ meta: metadata, ...spec })];
      return inFlight(aRollout({ services, weight, run: { outcome: "proven" }, ...more })).traffic.canary;
    };
    expect([traffic("web2", 50), traffic("web2", 0)]).to.deep.equal([100, 100]);
    expect([traffic("web1", 50), traffic("web1", 0)]).to.deep.equal([50, 0]);
    expect(traffic("web1", 0, { canary: stable, held: aHeld({ phase: "undone" }) })).to.equal(0);
  });

  it("keeps the routes' weight of a proven version where no Service can be read, until they are drained", () => {
    const traffic = (weight: number) =>
      inFlight(aRollout({ services: [], weight, run: { outcome: "proven" } })).traffic.canary;
    expect([traffic(50), traffic(0)]).to.deep.equal([50, 17]);
  });

  it("tells at rest how the last rollout ended", () => {
    const ended: RunRecord = { ...running, outcome: "promoted", ended: AT_NOON, message: "proven at 50%: x" };
    const raw = { services: [], marked: [], routes: [], grants: [], endpointSlices: [], pods: [] };
    const deployment = aDeployment({ image: "web:2", annotations: { [REVISION]: "2" } });
    const view = viewOf({ ...raw, now: NOON, deployment, replicaSets: versions(ended) });
    expect(view).to.deep.include({
      state: "rest",
      outcome: "promoted",
      says: "proven at 50%: x",
      revision: "2",
    });
    expect(v.parse(viewSchema, view)).to.deep.equal(view);
  });

  it("does not tell an earlier end while that of the last rollout is being written", () => {
    const raw = { services: [], marked: [], routes: [], grants: [], endpointSlices: [], pods: [] };
    const deployment = aDeployment({ image: "web:2", annotations: { [REVISION]: "2" } });
    const earlier: RunRecord = { ...running, started: EARLIER, outcome: "superseded", ended: AT_NOON };
    const seen = (run: Partial<RunRecord>, isMarked = true) => {
      const [first, second] = versions({ ...running, ...run });
      const labels = isMarked ? { ...second?.metadata.labels, [FLIGHT]: "uid-web" } : second?.metadata.labels;
      const last = { ...second, metadata: { ...second?.metadata, labels } } as ReplicaSet;
      const owned = { ownerReferences: [ownedByWeb], annotations: { [RUN]: formatRun(earlier) } };
      const replicaSets = [
        first as ReplicaSet,
        last,
        aReplicaSet({ image: "web:0", replicas: 0, meta: owned }),
      ];
      const { state, started, outcome } = viewOf({ ...raw, now: NOON, deployment, replicaSets });
      return { state, started, outcome };
    };
    const ending = { started: AT_NOON, outcome: undefined };
    expect(seen({ outcome: "proven" })).to.deep.equal({ ...ending, state: "promoting" });
    expect(seen({ outcome: "running" })).to.deep.equal({ ...ending, state: "undone" });
    // It has lost its mark, so nothing will end it.
    expect(seen({ outcome: "running" }, false)).to.deep.equal({
      ...{ started: EARLIER, outcome: "superseded", state: "rest" },
    });
  });
});

describe("the history of a Deployment", () => {
  it("has the newest revision first, and what no rollout started as native", () => {
    const ended: RunRecord = { ...running, outcome: "failed", ended: AT_NOON, message: "rolled back at 10%" };
    const history = historyOf(aDeployment({ image: "web:2" }), versions(ended));
    expect(history.revisions.map(({ revision, outcome }) => [revision, outcome])).to.deep.equal([
      ["2", "failed"],
      ["1", "native"],
    ]);
    expect(history.revisions[0]).to.deep.include({
      weight: 10,
      says: "rolled back at 10%",
      images: ["web:2"],
    });
    expect(v.parse(historySchema, history)).to.deep.equal(history);
  });
});
