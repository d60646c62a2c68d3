import type { CountingQuestion } from "../judge/counting.ts";
import type { Plan } from "../plan/plan.ts";
import { comparesAt } from "../plan/strategy.ts";
import type { Decision } from "./decision.ts";
import { hadTraffic } from "./first-weight.ts";
import { sourcesOf } from "./judge-input.ts";
import { rollBack } from "./rollback.ts";
import { isStableLost, type Snapshot } from "./snapshot.ts";

/**
 * The question whether the gateways count the versions apart. It comes before the first weight, by the stable version's own
 * requests, and again while Prometheus has no series of the stable version: it may have had no requests before.
 */
export function countingQuestionOf(snapshot: Snapshot): CountingQuestion | undefined {
  const { uid, run, held, plan, evidence, deployment } = snapshot;
  if (run?.outcome !== "running" || held.phase !== "canary" || isStableLost(snapshot)) return undefined;
  if (!needsCounts(plan)) return undefined;
  if (hadTraffic(snapshot) && evidence?.judged?.present.stable !== false) return undefined;
  const sources = sourcesOf(snapshot).flatMap(({ pack, stable }) => {
    if (pack.undivided === undefined) return [];
    const kinds = new Set(stable.map(({ routeKind }) => routeKind));
    return [...kinds].map((kind) => ({ pack, stable: stable.filter(({ routeKind }) => routeKind === kind) }));
  });
  if (sources.length === 0) return undefined;
  const { prometheus } = plan;
  const { namespace = "", name } = deployment.metadata;
  return {
    uid,
    namespace,
    name,
    rollout: run.started,
    sources,
    ...(prometheus !== undefined && { prometheus }),
  };
}

/** Rolls back a canary that no counter can tell from the stable version: nobody would see its harm. */
export function checkCounting(snapshot: Snapshot): Decision | undefined {
  const { counting } = snapshot;
  return counting?.kind === "undivided" ? rollBack(snapshot, counting.reason) : undefined;
}

/** Waits for Prometheus's answer before the first weight. It comes after its timeout at the latest. */
export function awaitCounting(snapshot: Snapshot): Decision | undefined {
  return snapshot.counting?.kind === "asking" && !hadTraffic(snapshot) ? { writes: [] } : undefined;
}

/** Whether requests decide about some step of the plan. */
function needsCounts({ compare, checks, strategy, steps }: Plan): boolean {
  const isCompared = compare !== "off" && steps.some((step) => comparesAt(strategy, step));
  return isCompared || checks.some(({ metric }) => metric !== "template");
}
