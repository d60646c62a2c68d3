import type { Criteria } from "../../rollout/judge/criteria.ts";
import { testedLimit } from "../../rollout/judge/criteria.ts";
import { dispersionOverTime } from "../../rollout/judge/dispersion.ts";
import { foldRefusalsAlone, logRefusedAlone } from "../../rollout/judge/refusals-alone.ts";
import { worstOf } from "../../rollout/judge/stable-health.ts";
import { compareDefaults } from "../../rollout/plan/compare.ts";
import { type Random, random } from "./random.ts";
import { failures, TICK_SECONDS, TICKS_A_MINUTE } from "./streams.ts";

/** The share of 4xx answers of the stable version before, and of a canary that has all requests. */
interface Alone {
  readonly name: string;
  readonly before: number;
  readonly canary: number;
  /** Mean number of them that come together in one tick. */
  readonly burst: number;
}

export const alone: readonly Alone[] = [
  { name: "1 % before and with all traffic", before: 0.01, canary: 0.01, burst: 1 },
  { name: "20 % before and with all traffic", before: 0.2, canary: 0.2, burst: 1 },
  { name: "5 % before and with all traffic, 1 to 99 at a time", before: 0.05, canary: 0.05, burst: 50 },
  { name: "1 % → 7 %, the tolerance", before: 0.01, canary: 0.07, burst: 1 },
  { name: "20 % → 45 %, the tolerance", before: 0.2, canary: 0.45, burst: 1 },
  { name: "1 % → 20 %", before: 0.01, canary: 0.2, burst: 1 },
  { name: "1 % → 100 %", before: 0.01, canary: 1, burst: 1 },
  { name: "20 % → 100 %", before: 0.2, canary: 1, burst: 1 },
  { name: "5 %, 1 to 99 at a time → 100 %", before: 0.05, canary: 1, burst: 50 },
];

const HISTORY_MINUTES = 30;
const LOOKS = 30 * TICKS_A_MINUTE;
const criteria: Criteria = {
  ...{ compare: "off", alone: compareDefaults, stepFrom: 0, nextShare: 1 },
  checks: [{ metric: "success-rate", op: ">=", limit: 0.99, text: "success-rate >= 99%" }],
};

/** The ticks after which each of so many rollouts was rolled back, in half an hour with all traffic; others have no entry. */
export function rolledBack(row: Alone, rps: number, seed: number, runs: number): readonly number[] {
  return Array.from({ length: runs }, (_, run) => lookOf(row, rps, random(seed, run))).filter(
    (look) => look !== undefined,
  );
}

function lookOf({ before, canary, burst }: Alone, rps: number, next: Random): number | undefined {
  const total = rps * TICK_SECONDS;
  const tick = (share: number) => ({
    bad: share === 1 ? total : failures(next, total, share, burst),
    total,
  });
  const ticks = Array.from({ length: HISTORY_MINUTES * TICKS_A_MINUTE }, () => tick(before));
  const minutes = Array.from({ length: HISTORY_MINUTES }, (_, minute) => {
    const own = ticks.slice(minute * TICKS_A_MINUTE, (minute + 1) * TICKS_A_MINUTE);
    return { bad: own.reduce((sum, { bad }) => sum + bad, 0), total: total * TICKS_A_MINUTE };
  });
  const worst = worstOf(minutes);
  if (worst === undefined) return undefined;
  const refusalsBefore = { ...worst, phi: dispersionOverTime(ticks) };
  let refusalsAlone = foldRefusalsAlone({ refusalsBefore }, tick(canary), criteria);
  for (let look = 1; look <= LOOKS; look += 1) {
    if (logRefusedAlone(refusalsAlone) >= testedLimit(criteria)) return look;
    refusalsAlone = foldRefusalsAlone({ refusalsBefore, refusalsAlone }, tick(canary), criteria);
  }
  return undefined;
}
