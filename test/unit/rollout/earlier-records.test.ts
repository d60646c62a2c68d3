import { expect } from "chai";
import * as v from "valibot";
import { formatRouteRecord, routeRecordOf } from "../../../rollout/traffic/route-record.ts";
import { formatServiceRecord, serviceRecordOf } from "../../../rollout/traffic/service-record.ts";
import { formatHoldRecord, holdRecordOf } from "../../../rollout/workload/hold-record.ts";
import { formatRun, lastRunOf } from "../../../rollout/workload/run-record.ts";
import { aDeployment, aReplicaSet, aRoute, aService } from "../../support/builders.ts";

const AT = "2026-11-28T12:14:55Z";
const annotated = (key: string, record: object) => ({ annotations: { [key]: JSON.stringify(record) } });
const comparison = {
  carried: [0, 0, 0, 0],
  totals: [1, 100, 0, 900],
  harm: { t: 1, logS: [0.1, -0.2] },
  lowest: { logE: -0.5, at: 1_764_331_200_000 },
  safety: { logL: [0.3] },
  weakly: { logL: [0.4] },
};
const evidence = {
  since: 1_764_331_201_000,
  from: 1_764_331_200_000,
  tickMs: 5_000,
  at: 1_764_331_230_000,
  stepFrom: 1_764_331_201_000,
  phi: 1.5,
  bounds: [0.25],
  errors: comparison,
  latency: [comparison],
  restarts: { at: 1_764_331_230_000, counted: { a: 1 }, pods: {}, comparison },
  guards: { "success-rate >= 99%": { bad: 1, total: 100 } },
  codes: { 500: 1 },
  pods: {},
  inStep: { canary: 100, stable: 900 },
  silent: 0,
  present: { canary: true, stable: true },
};
const share = { namespace: "shop", twins: { web: "web-canary" }, weight: 10, since: AT, drained: true };
const route = {
  rules: { 0: { backendRefs: [{ name: "web", port: 80 }], filters: null } },
  added: [1],
  flights: { "uid-web": share },
};

// As commit 6c7afc4 wrote them. During an update, and after a downgrade, such a version reads what this one has written.
describe("the records of earlier versions", () => {
  const hold = {
    ...{ started: AT, phase: "canary", stable: "hash", latched: true, asked: "promote" },
    originals: { minReadySeconds: 5, strategy: { type: "RollingUpdate" }, paused: true },
    defaults: [{ from: "profile", name: "slow", values: { steps: "10" } }],
  };
  const run = {
    ...{ started: AT, outcome: "running", step: 1, stepSince: AT, inForceSince: AT, detached: AT },
    ...{ paused: true, hooks: ["load"], unansweredSince: AT, unroutedSince: AT, stable: "hash" },
    ...{ evidence, message: "canary has 10% of the traffic", ended: AT },
  };
  const service = { selector: { app: "web" }, since: AT };
  const held = "serin.dev/held";
  const rewritten = {
    hold: [hold, holdRecordOf(aDeployment({ meta: annotated(held, hold) })), formatHoldRecord],
    run: [run, lastRunOf(aReplicaSet({ meta: annotated("serin.dev/run", run) })), formatRun],
    service: [service, serviceRecordOf(aService({ meta: annotated(held, service) })), formatServiceRecord],
    route: [
      route,
      routeRecordOf(aRoute({ kind: "HTTPRoute", meta: annotated(held, route) })),
      formatRouteRecord,
    ],
  } as const;

  it("run: an earlier version drops the sums of safety alone, and this one goes on without them", () => {
    const sums = { logR: [0.1], room: [9] };
    const now = { ...comparison, safety: { logL: [0.3], start: 0.1 }, sums };
    const stored = { ...run, evidence: { ...evidence, errors: now, latency: [now] } };
    const read = lastRunOf(aReplicaSet({ meta: annotated("serin.dev/run", stored) }));
    expect(read?.evidence?.errors).to.deep.equal(now);
    const before = v.object({ safety: v.object({ logL: v.array(v.number()) }) });
    expect(v.parse(before, read?.evidence?.errors)).to.deep.equal({ safety: comparison.safety });
  });

  for (const [name, [stored, record, format]] of Object.entries(rewritten))
    it(`${name}: is read in full and written under the same names`, () => {
      expect(JSON.parse((format as (record: unknown) => string)(record))).to.deep.equal({ v: 1, ...stored });
    });
});
