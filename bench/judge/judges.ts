import { combine } from "../../rollout/judge/combine.ts";
import { refusalOptions } from "../../rollout/judge/criteria.ts";
import { foldHarm, type HarmOptions, harmDefaults, logHarm, noHarm } from "../../rollout/judge/harm-test.ts";
import { logMean } from "../../rollout/judge/log-math.ts";
import { carry, isComparable, noTick, type Tick } from "../../rollout/judge/tick.ts";
import { compareDefaults } from "../../rollout/plan/compare.ts";
import { type ObservedTick, TICKS_A_MINUTE } from "./streams.ts";

/** Judges the next tick; returns true to roll the canary back. */
export type Judge = (observed: ObservedTick) => boolean;

/** Serin's tolerances for latency; those for failures are `harmDefaults`. */
const latencyDefaults: HarmOptions = { ...harmDefaults, delta: 0.005 };

/** Serin's tolerance for 4xx answers. */
const refusalDefaults = refusalOptions(
  { compare: compareDefaults, checks: [], stepFrom: 0, nextShare: 1 },
  { phi: 1 },
).harm;

/**
 * Serin at alpha = 1 %: by failures alone, by half failures and half latency if the stream has latency, or by five parts
 * failures and one part 4xx answers if it has those.
 */
export function serin(phi: number, alpha = 0.01): Judge {
  const threshold = Math.log(1 / alpha);
  const errors = evidence({ ...harmDefaults, phi });
  const refused = evidence({ ...refusalDefaults, phi });
  const slow: ((tick: Tick) => number)[] = [];
  return (observed) => {
    const failing = errors(observed.errors);
    if (observed.refused !== undefined) {
      const metrics = [
        { weight: 0.5, logE: failing },
        { weight: 0.1, logE: refused(observed.refused) },
      ];
      return combine(metrics).logE >= threshold;
    }
    if (observed.slow.length === 0) return failing >= threshold;
    const slowness = observed.slow.map((tick, i) => {
      slow[i] ??= evidence({ ...latencyDefaults, phi });
      return slow[i](tick);
    });
    const metrics = [
      { weight: 0.5, logE: failing },
      { weight: 0.5, logE: logMean(slowness) },
    ];
    return combine(metrics).logE >= threshold;
  };
}

/** ln E after each tick. */
function evidence(options: HarmOptions): (tick: Tick) => number {
  let [harm, carried] = [noHarm, noTick];
  return (tick) => {
    carried = carry(carried, tick);
    if (isComparable(carried)) {
      harm = foldHarm(harm, carried, options);
      carried = noTick;
    }
    return logHarm(harm, options);
  };
}

const GATE = { tolerated: 0.01, failedChecks: 5 } as const;

/**
 * A gate with the limits that Flagger's documentation shows ("Metrics Analysis"; threshold 5): one check a minute of
 * the canary's last minute, success rate at least 99 % and, if the stream has latency, p99 at most 500 ms (a boundary:
 * so at most 1 % slower). The fifth failed check rolls the canary back. A minute without requests fails no check.
 */
export function gate(): Judge {
  let [ticks, failed] = [0, 0];
  let minute: [bad: number, slow: number, total: number] = [0, 0, 0];
  return ({ errors: [bad, total], slow }) => {
    minute = [minute[0] + bad, minute[1] + (slow.at(-1)?.[0] ?? 0), minute[2] + total];
    ticks += 1;
    if (ticks % TICKS_A_MINUTE !== 0) return false;
    if (Math.max(minute[0], minute[1]) > GATE.tolerated * minute[2]) failed += 1;
    minute = [0, 0, 0];
    return failed >= GATE.failedChecks;
  };
}
