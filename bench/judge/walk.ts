import { type Criteria, harmLimit } from "../../rollout/judge/criteria.ts";
import { fold, noEvidence } from "../../rollout/judge/fold.ts";
import { logHarmOf } from "../../rollout/judge/metrics.ts";
import { safetyDefaults } from "../../rollout/judge/safety-test.ts";
import { safetyOf } from "../../rollout/judge/safety-verdict.ts";
import { carry, type Tick } from "../../rollout/judge/tick.ts";
import { compareDefaults } from "../../rollout/plan/compare.ts";
import { plainCounts } from "../../test/support/plain-counts.ts";
import { binomial, type Random, random } from "./random.ts";
import { independentTick } from "./streams.ts";

/** How one rollout ended, and how many seconds after its first weight: verified, rolled back, or neither in time. */
export type End = { readonly kind: "verified" | "rolled back" | "unsure"; readonly seconds: number };

/** A rollout by 10, 25 and 50 %: how often both versions fail, and whether the harm test runs as well. */
export interface Walk {
  readonly rps: number;
  readonly stable: number;
  /** By the canary's weight: load may do the harm. */
  readonly canary: (weight: number) => number;
  readonly harm: "on" | "off";
  /** The shortest time at a step; serin.dev/interval. */
  readonly leastMinutes: number;
}

const STEPS = [
  { weight: 0.1, next: 0.25, mostMinutes: 10 },
  { weight: 0.25, next: 0.5, mostMinutes: 10 },
  { weight: 0.5, next: 1, mostMinutes: 30 },
] as const;
const MINUTE_MS = 60_000;
const TICK_MS = 5_000;
/** A weight is in force so long after the instant of the tick that led to it: the reading and two writes take 1.5 s. */
const LATE = 0.3;
/** How long (s) Serin has counted the stable version before the rollout. */
const HISTORY_S = 30 * 60;

/**
 * Simulates `runs` rollouts. A step ends early when it is verified; the last step succeeds only when it is verified.
 */
export function walk(options: Walk, seed: number, runs: number): readonly End[] {
  return Array.from({ length: runs }, (_, run) => walkOnce(options, random(seed, run)));
}

function walkOnce({ rps, stable, canary, harm, leastMinutes }: Walk, next: Random): End {
  const play = (share: number, weight: number) =>
    independentTick(next, (rps * share * TICK_MS) / 1_000, weight, { stable, canary: canary(weight) });
  const since = LATE * TICK_MS;
  const failed = (binomial(next, rps * HISTORY_S, stable) + 1) / (rps * HISTORY_S + 1);
  const rates = { failed, slow: [] };
  let judged = noEvidence({ since, from: 0, tickMs: TICK_MS, phi: 1, bounds: [], rates });
  let before = 0;
  for (const step of STEPS) {
    const stepFrom = judged.at + since;
    const criteria: Criteria = { compare: compareDefaults, checks: [], stepFrom, nextShare: step.next };
    let verified = false;
    for (let lasted = 0; lasted < step.mostMinutes * MINUTE_MS && !verified; ) {
      const tick =
        lasted === 0 ? carry(play(LATE, before), play(1 - LATE, step.weight)) : play(1, step.weight);
      judged = fold(judged, countsOf(judged.at + TICK_MS, tick), criteria);
      lasted = judged.at + since - stepFrom;
      if (harm === "on" && logHarmOf(judged) >= harmLimit(compareDefaults, criteria))
        return { kind: "rolled back", seconds: judged.at / 1_000 };
      const { strong, limit } = safetyOf(judged, compareDefaults, criteria);
      verified = lasted >= leastMinutes * MINUTE_MS && strong >= limit;
    }
    if (step.next === 1) return { kind: verified ? "verified" : "unsure", seconds: judged.at / 1_000 };
    before = step.weight;
  }
  throw new Error("the last step leads to 100 %");
}

function countsOf(at: number, [xc, nc, xs, ns]: Tick) {
  const present = { canary: true, stable: true };
  return { at, counts: { canary: plainCounts(xc, nc), stable: plainCounts(xs, ns) }, present };
}

/** A canary that is exactly as bad as the last step must not verify. */
export function atSafetyBoundary(stable: number): number {
  return safetyDefaults.r1 * stable + compareDefaults.loss;
}
