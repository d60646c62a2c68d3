import { harmDefaults } from "../../rollout/judge/harm-test.ts";
import { addSums, noSums, startOf } from "../../rollout/judge/safety-sums.ts";
import { foldSafety, logSafety, safetyDefaults } from "../../rollout/judge/safety-test.ts";
import { evidence } from "./judges.ts";
import { random } from "./random.ts";
import { independent, TICKS_A_MINUTE } from "./streams.ts";

/** How one rollout ended: verified after this many ticks, rolled back, or neither in time. */
export type End = { readonly kind: "verified" | "rolled back" | "unsure"; readonly ticks: number };

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
/** The share of all requests that may additionally fail at the next weight. */
const EPSILON = 0.005;
const ALPHA = 0.01;
const BETA = 0.05;
const MOST_START = Math.log(1 / BETA) / 2;

/**
 * Simulates `runs` rollouts. A step ends early when it is verified; the last step succeeds only when it is verified.
 */
export function walk(options: Walk, seed: number, runs: number): readonly End[] {
  return Array.from({ length: runs }, (_, run) => walkOnce(options, seed, run));
}

function walkOnce({ rps, stable, canary, harm, leastMinutes }: Walk, seed: number, run: number): End {
  let ticks = 0;
  let weight = 0;
  const rates = { stable: () => stable, canary: () => canary(weight) };
  const { play } = independent("walk", { rps, weight: () => weight }, rates).start(random(seed, run));
  const logE = evidence(harmDefaults);
  let sums = noSums;
  for (const step of STEPS) {
    weight = step.weight;
    const options = { ...safetyDefaults, margin: EPSILON / step.next };
    let safety = startOf(sums, options.margin, MOST_START);
    let verified = false;
    for (let tick = 1; tick <= step.mostMinutes * TICKS_A_MINUTE && !verified; tick += 1) {
      ticks += 1;
      const { errors } = play(ticks);
      if (harm === "on" && logE(errors) >= Math.log(1 / ALPHA)) return { kind: "rolled back", ticks };
      safety = foldSafety(safety, errors, options);
      sums = addSums(sums, errors, options);
      verified = tick >= leastMinutes * TICKS_A_MINUTE && logSafety(safety) >= Math.log(1 / BETA);
    }
    if (step.next === 1) return { kind: verified ? "verified" : "unsure", ticks };
  }
  throw new Error("the last step leads to 100 %");
}

/** A canary that is exactly as bad as the last step must not verify. */
export function atSafetyBoundary(stable: number): number {
  return safetyDefaults.r1 * stable + EPSILON;
}
