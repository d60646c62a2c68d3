import { expect } from "chai";
import fc from "fast-check";
import { decide } from "../../../../rollout/stages/decide.ts";
import { waitIn } from "../../../../rollout/stages/wait.ts";
import { reportWriteFailure } from "../../../../rollout/stages/write-failure.ts";
import { isolationPatch } from "../../../../rollout/traffic/isolation.ts";
import { createCanaryService } from "../../../../rollout/traffic/writes.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aReplicaSet,
  aRoute,
  aService,
  aSnapshot,
  NOON,
} from "../../../support/builders.ts";
import { cases } from "../../../support/cases.ts";
import { merge } from "../../../support/patch.ts";
import { aRollout } from "../../../support/rollout.ts";

const isolated = merge(aService(), isolationPatch(aService(), "uid-web", "web1", AT_NOON)) as ReturnType<
  typeof aService
>;
const parents = (status: "True" | "False") => [
  { controllerName: "a.io/b", conditions: [{ type: "Accepted", status, observedGeneration: 1 } as const] },
];

/** Rollouts that wait for all kinds of things, at any time. */
const anyRollout = fc
  .record({
    minutes: fc.constantFrom(0, 1, 9, 30),
    plan: fc.constantFrom("10, 50", "10, pause, 50", "pause, 10"),
    step: fc.constantFrom(0, 1),
    weight: fc.constantFrom(0, 10),
    paused: fc.boolean(),
    planned: fc.boolean(),
    replicas: fc.constantFrom(0, 5),
    observed: fc.boolean(),
    ready: fc.constantFrom(0, 1, 5),
    stableReady: fc.constantFrom(0, 1, 5),
    latched: fc.boolean(),
    outcome: fc.constantFrom("running" as const, "proven" as const),
    routes: fc.constantFrom("none", "accepted", "refused", "silent"),
    services: fc.boolean(),
    begun: fc.boolean(),
  })
  .map((given) => {
    const annotations = { "serin.dev/steps": given.plan };
    const strategy = {
      type: "RollingUpdate",
      rollingUpdate: { maxUnavailable: 0, maxSurge: "10%" },
    } as const;
    const deployment = {
      ...aDeployment({
        image: "web:2",
        annotations,
        paused: given.paused,
        replicas: given.replicas,
        strategy,
      }),
      status: { observedGeneration: given.observed ? 1 : 0 },
    };
    const held = aHeld(given.latched ? { latched: true } : {});
    const parts = {
      now: NOON + given.minutes * 60_000,
      deployment,
      held,
      services: given.services ? [isolated] : [],
    };
    if (!given.begun)
      return aSnapshot({ ...parts, replicaSets: [aReplicaSet({ ready: given.stableReady })] });
    const base = aRollout({
      ...parts,
      annotations,
      weight: given.weight,
      run: { step: given.step, outcome: given.outcome, ...(given.planned && { paused: true }) },
    });
    const canary = { ...(base.canary ?? aReplicaSet()), status: { replicas: 1, readyReplicas: given.ready } };
    const [stable] = base.replicaSets;
    const routes = {
      none: [],
      accepted: base.routes,
      refused: base.routes.map((route) => ({ ...route, status: { parents: parents("False") } })),
      silent: [aRoute({ status: {} })],
    };
    return aRollout({
      ...parts,
      annotations,
      weight: given.weight,
      run: { step: given.step, outcome: given.outcome, ...(given.planned && { paused: true }) },
      deployment,
      canary,
      replicaSets: [
        { ...(stable ?? aReplicaSet()), status: { replicas: 5, readyReplicas: given.stableReady } },
        canary,
      ],
      routes: [...routes[given.routes as keyof typeof routes]],
      endpoints: new Map([["web-canary", given.ready]]),
    });
  });

describe("the sentence of a wait or a hold", () => {
  it("names a command that ends it, or takes the user further", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyRollout, (snapshot) => {
        const { condition, writes } = decide(snapshot);
        if (condition === undefined || waitIn(condition) === undefined) return;
        if (snapshot.run === undefined && snapshot.canary !== undefined) return;
        seen.add(condition.message.replaceAll(/\d+/g, "#"));
        expect(condition.message, JSON.stringify(writes)).to.match(
          /kubectl (annotate|rollout|scale) .*(resume|undo|--replicas|serin\.dev\/(promote|abort)=\d)/,
        );
      }),
      { numRuns: cases(2_000) },
    );
    expect(seen.size, [...seen].join("\n")).to.be.above(4);
  });

  it("does so for a write that the API server refuses", () => {
    const { writes } = reportWriteFailure(aRollout(), createCanaryService(isolated), "exceeded quota");
    expect(JSON.stringify(writes)).to.contain(
      "exceeded quota; kubectl annotate deployment/web serin.dev/promote=2 (or abort) decides",
    );
  });
});
