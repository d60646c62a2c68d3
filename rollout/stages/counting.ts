import type { CountingQuestion } from "../judge/counting.ts";
import { judgedBy } from "../plan/judged-by.ts";
import { progressDeadlineMs } from "../workload/hold.ts";
import { type Decision, saying } from "./decision.ts";
import { settledAt } from "./drain.ts";
import { hadTraffic } from "./first-weight.ts";
import { idleBy } from "./idle.ts";
import { sourcesOf } from "./judge-input.ts";
import { rollBack } from "./rollback.ts";
import { isStableLost, replicasOf, type Snapshot } from "./snapshot.ts";
import { brokenStable } from "./stable-broken.ts";
import { verdictOf } from "./step-verdict.ts";
import { isPaused, waitingFor } from "./wait.ts";

/** How often (ms) Serin looks for the first series. */
const LOOK_MS = 5_000;
/** What brings a gateway's first series. */
const FIRST_SERIES = "let Prometheus scrape it, or send a first request";

/**
 * The question whether the gateways count the versions apart. It comes before the first weight, by the stable version's own
 * requests, once more when the canary Service is in the routes, and again while Prometheus has no series of the stable version:
 * it may have had no requests before. Of several gateways, the series of one say nothing about another one, so that question
 * stays.
 */
export function countingQuestionOf(snapshot: Snapshot): CountingQuestion | undefined {
  const { uid, run, held, plan, evidence, deployment } = snapshot;
  if (run?.outcome !== "running" || held.phase !== "canary" || isStableLost(snapshot)) return undefined;
  if (!needsCounts(snapshot)) return undefined;
  const apart = sourcesOf(snapshot).flatMap(({ pack, stable }) => {
    const kinds = new Set(stable.map(({ routeKind }) => routeKind));
    return [...kinds].map((kind) => ({ pack, stable: stable.filter(({ routeKind }) => routeKind === kind) }));
  });
  const isOne = apart.length === 1;
  if (hadTraffic(snapshot) && isOne && evidence?.judged?.present.stable !== false) return undefined;
  // Without a route, no weight keeps requests from the canary's pods, and nobody knows their protocol.
  const isAskedByAll = snapshot.routes.length > 0 && !(hadTraffic(snapshot) && isOne);
  const sources = apart.filter(({ pack }) => pack.undivided !== undefined || isAskedByAll);
  if (sources.length === 0) return undefined;
  const { prometheus } = plan;
  const settled = settledAt(snapshot);
  const attached = hadTraffic(snapshot) || (settled > 0 && settled <= snapshot.now);
  const { namespace = "", name } = deployment.metadata;
  return {
    uid,
    namespace,
    name,
    rollout: run.started,
    sources,
    // The other gateways' answer stays the same.
    attached: attached && sources.some(({ pack }) => pack.undivided !== undefined),
    ...(prometheus !== undefined && { prometheus }),
  };
}

/** Rolls back a canary whose harm no counter would show: none tells it from the stable version, or it never had any. */
export function checkCounting(snapshot: Snapshot): Decision | undefined {
  const { counting } = snapshot;
  const reason = counting?.kind === "undivided" ? counting.reason : uncounted(snapshot);
  return reason === undefined ? undefined : rollBack(snapshot, reason);
}

/**
 * Waits before the first weight for Prometheus's answer, which comes after its timeout at the latest, and for the first series
 * of the gateway's counters: without one, either nobody sends requests, or Prometheus does not scrape the gateway.
 */
export function awaitCounting(snapshot: Snapshot): Decision | undefined {
  const { counting } = snapshot;
  if (counting === undefined || hadTraffic(snapshot)) return undefined;
  if (counting.kind === "asking") return { writes: [] };
  if (counting.kind !== "uncounted") return undefined;
  const message = `the first weight waits for counters: ${counting.reason}: ${FIRST_SERIES}`;
  return { writes: [], condition: waitingFor("metrics", message), waitMs: LOOK_MS };
}

/** Adds to the condition which of several gateways has no counters, so that nothing shows what the canary does behind it. */
export function reportUncounted(snapshot: Snapshot, decision: Decision): Decision {
  const { counting } = snapshot;
  if (counting === undefined || !("uncounted" in counting)) return decision;
  return saying(decision, `. ${counting.uncounted}, so nothing judges the canary there: ${FIRST_SERIES}`);
}

/**
 * Why nobody knows what the canary does; `undefined` while its counters may still come, and once there were some: those that
 * end later end with the gateway, with Prometheus or with the pods, which says nothing about the canary.
 */
function uncounted(snapshot: Snapshot): string | undefined {
  const verdict = verdictOf(snapshot);
  if (verdict?.kind !== "no-series" || isPaused(snapshot)) return undefined;
  // No pod answers anything that could be counted.
  if (replicasOf(snapshot.deployment) === 0 || brokenStable(snapshot) !== undefined) return undefined;
  if (idleBy(snapshot, snapshot.judgeInput?.sources) !== undefined) return undefined;
  const { uncounted = 0, tickMs = 0 } = snapshot.evidence?.judged ?? {};
  return uncounted * tickMs < progressDeadlineMs(snapshot.held.originals) ? undefined : verdict.message;
}

/** Whether requests decide about some step of the plan. */
function needsCounts({ plan, routes }: Snapshot): boolean {
  return plan.steps.some((_step, index) => {
    const { compare, checks } = judgedBy(plan, plan.steps.slice(0, index + 1), routes.length === 0);
    return compare !== "off" || checks.some(({ metric }) => metric !== "template");
  });
}
