import { foldHarm, type Harm, type HarmOptions, logHarm, noHarm } from "../rollout/judge/harm-test.ts";
import {
  decides,
  foldLimitTest,
  type LimitTest,
  logLimitTest,
  noLimitTest,
} from "../rollout/judge/limit-test.ts";
import { logMean } from "../rollout/judge/log-math.ts";
import { foldSafety, logSafety, noSafety, type Safety } from "../rollout/judge/safety-test.ts";
import { carry, isComparable, noTick, type Tick } from "../rollout/judge/tick.ts";
import type { JudgeRequest } from "./judge-request.ts";

/** The evidence after each tick, and the first one (from 1) at which it decides; null when none does. */
export type Replay =
  | { readonly logE: readonly number[]; readonly rollbackAtTick: number | null }
  | { readonly logF: readonly number[]; readonly safeAtTick: number | null };

/** Judges the ticks as the controller does. */
export function replay(request: JudgeRequest): Replay {
  switch (request.mode) {
    case "harm":
      return rollback(harmOf(request.ticks, request.options), request.options);
    case "guard":
      return guard(request.ticks, request.options);
    case "latency":
      return rollback(latencyOf(request.boundaries, request.options), request.options);
    case "safety": {
      const logF = safetyOf(request);
      return { logF, safeAtTick: firstAt(logF, request.options.beta) };
    }
    default:
      return request satisfies never;
  }
}

function rollback(logE: readonly number[], { alpha }: { readonly alpha: number }): Replay {
  return { logE, rollbackAtTick: firstAt(logE, alpha) };
}

function firstAt(logs: readonly number[], chance: number): number | null {
  const index = logs.findIndex((log) => log >= Math.log(1 / chance));
  return index < 0 ? null : index + 1;
}

function harmOf(ticks: readonly Tick[], options: HarmOptions): readonly number[] {
  let harm: Harm = noHarm;
  return batches(ticks).map((batch) => {
    harm = foldHarm(harm, batch, options);
    return logHarm(harm, options);
  });
}

function latencyOf(boundaries: readonly (readonly Tick[])[], options: HarmOptions): readonly number[] {
  const logs = boundaries.map((ticks) => harmOf(ticks, options));
  return (logs[0] ?? []).map((_, i) => logMean(logs.map((log) => log[i] ?? 0)));
}

function safetyOf({ ticks, options }: JudgeRequest & { readonly mode: "safety" }): readonly number[] {
  let safety: Safety = noSafety;
  return batches(ticks).map((batch) => {
    safety = foldSafety(safety, batch, options);
    return logSafety(safety);
  });
}

function guard(
  ticks: readonly (readonly [number, number])[],
  { limit, alpha }: { readonly limit: number; readonly alpha: number },
): Replay {
  let guard: LimitTest = noLimitTest;
  const guards = ticks.map(([bad, total]) => {
    guard = foldLimitTest(guard, { bad, total });
    return guard;
  });
  const first = guards.findIndex((one) => decides(one, limit, Math.log(1 / alpha)));
  return {
    logE: guards.map((one) => logLimitTest(one, limit)),
    rollbackAtTick: first < 0 ? null : first + 1,
  };
}

/** Each tick with what was carried over from those before it, in which one version served nothing. */
function batches(ticks: readonly Tick[]): readonly Tick[] {
  let carried = noTick;
  return ticks.map((tick) => {
    const batch = carry(carried, tick);
    carried = isComparable(batch) ? noTick : batch;
    return batch;
  });
}
