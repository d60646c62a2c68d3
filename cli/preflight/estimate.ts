import { type Criteria, errorOptions, harmLimit } from "../../rollout/judge/criteria.ts";
import { foldHarm, logHarm, noHarm } from "../../rollout/judge/harm-test.ts";
import { foldSafety, logSafety, noSafety } from "../../rollout/judge/safety-test.ts";
import type { Plan } from "../../rollout/plan/plan.ts";

/** The length of a tick, in seconds; the estimate depends little on it. */
const TICK_S = 5;
/** The longest time that is looked at, in seconds. */
const LONGEST_S = 86_400;
/** The share of the stable version's requests that fail, if nobody measures it. */
const USUAL_FAILURES = 0.001;
/** The bad versions that are estimated, by the share of their requests that fail. */
const BAD = [0.05, 0.01] as const;

/** How long one step lasts at an expected rate of requests, in seconds. */
export interface StepEstimate {
  readonly weight: number;
  /** Until the canary is verified for the next weight; absent: not within a day. */
  readonly verifiedS?: number;
  readonly leastS: number;
}

/** What a bad version costs that fails this share (0 to 1) of its requests. */
export interface CostEstimate {
  readonly fails: number;
  /** Seconds with the first weight until it is rolled back; absent: not within a day. */
  readonly afterS?: number;
  readonly failedRequests: number;
}

/** What is known of the version that serves now. */
export interface Known {
  /** The share (0 to 1) of its requests that fail. */
  readonly fails: number;
  /** Variance of the failures over their mean. */
  readonly phi: number;
}

/**
 * Runs the judge over the counts that are expected at `rps` requests a second in all, one tick after the other. Real counts
 * vary, so that half of the rollouts take longer.
 */
export function estimate(
  plan: Plan,
  rps: number,
  { fails: usual, phi }: Known = { fails: USUAL_FAILURES, phi: 1 },
): { steps: readonly StepEstimate[]; costs: readonly CostEstimate[] } {
  const weights = plan.steps.flatMap((step) => (step.kind === "weight" ? [step] : []));
  const { compare } = plan;
  const [first] = weights;
  if (compare === "off" || first === undefined) return { steps: [], costs: [] };
  const criteria = (nextShare: number): Criteria => ({ compare, checks: [], stepFrom: 0, nextShare });
  const counts = (share: number, fails: number) => {
    const [canary, stable] = [rps * share * TICK_S, rps * (1 - share) * TICK_S];
    return [canary * fails, canary, stable * usual, stable] as const;
  };
  const steps = weights.map(({ weight, leastMs }, i): StepEstimate => {
    const { safety } = errorOptions(criteria((weights[i + 1]?.weight ?? 100) / 100), { phi, rate: usual });
    let found = noSafety;
    const verifiedS = secondsUntil(() => {
      found = foldSafety(found, counts(weight / 100, usual), safety);
      return logSafety(found) >= Math.log(1 / compare.beta);
    });
    return { weight, leastS: leastMs / 1000, ...(verifiedS !== undefined && { verifiedS }) };
  });
  const costs = BAD.map((fails): CostEstimate => {
    const terms = criteria((weights[1]?.weight ?? 100) / 100);
    const { harm } = errorOptions(terms, { phi });
    let found = noHarm;
    const tick = counts(first.weight / 100, fails);
    const afterS = secondsUntil(() => {
      found = foldHarm(found, tick, harm);
      return logHarm(found, harm) >= harmLimit(compare, terms);
    });
    const failedRequests = Math.round(((afterS ?? LONGEST_S) / TICK_S) * tick[0]);
    return { fails, failedRequests, ...(afterS !== undefined && { afterS }) };
  });
  return { steps, costs };
}

function secondsUntil(isReached: () => boolean): number | undefined {
  for (let seconds = TICK_S; seconds <= LONGEST_S; seconds += TICK_S) if (isReached()) return seconds;
  return undefined;
}
