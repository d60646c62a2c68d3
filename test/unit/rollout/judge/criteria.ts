import type { Counts } from "../../../../rollout/judge/counters.ts";
import type { Criteria } from "../../../../rollout/judge/criteria.ts";
import {
  type Evidence,
  fold,
  type JudgeStart,
  noEvidence,
  type TickCounts,
} from "../../../../rollout/judge/fold.ts";
import { parseChecks, type TrafficCheck } from "../../../../rollout/plan/checks.ts";
import { compareDefaults } from "../../../../rollout/plan/compare.ts";

/** When the stories' first weight came into force, in ms. */
export const SINCE = Date.UTC(2026, 0, 1, 14, 2);
export const TICK_MS = 10_000;

/** The defaults at the first step of 10, 25, 50. */
export function aTerms(terms: Partial<Criteria> = {}): Criteria {
  return { compare: compareDefaults, checks: [], stepFrom: SINCE, nextShare: 0.25, ...terms };
}

/** The traffic checks of an annotation. */
export function checksOf(text: string): readonly TrafficCheck[] {
  const parsed = parseChecks(text);
  if ("problems" in parsed) throw new Error(parsed.problems.map(({ what }) => what).join("; "));
  return parsed.value.filter((check) => check.metric !== "template");
}

/** The requests of one version in a tick; `slow`: requests above each bound of 0.1 s and 0.5 s. */
export interface Did {
  readonly total: number;
  readonly failed?: number;
  /** Requests with a 4xx answer. */
  readonly refused?: number;
  /** Requests beside `total` that their clients gave up, as far as the gateway tells. */
  readonly givenUp?: number;
  readonly slow?: readonly [number, number];
  readonly code?: string;
  readonly pod?: string;
}

/** The counts of a version. */
export function countsOf({ total, failed = 0, refused = 0, givenUp, slow, code = "503", pod }: Did): Counts {
  return {
    total,
    failed,
    refused,
    ...(givenUp !== undefined && { givenUp }),
    codes: new Map([
      ...(total > failed ? [["200", total - failed] as const] : []),
      ...(failed > 0 ? [[code, failed] as const] : []),
    ]),
    pods: pod !== undefined && failed > 0 ? { [pod]: failed } : {},
    atMost: slow
      ? [
          [0.1, total - slow[0]],
          [0.5, total - slow[1]],
          [Number.POSITIVE_INFINITY, total],
        ]
      : [],
  };
}

/** The requests of the tick that ends at `at`. */
export function happened(at: number, canary: Did, stable: Did, more: Partial<TickCounts> = {}): TickCounts {
  return {
    at,
    counts: { canary: countsOf(canary), stable: countsOf(stable) },
    present: { canary: true, stable: true },
    ...more,
  };
}

/** Before the first tick. */
export function begun(start: Partial<JudgeStart> = {}): Evidence {
  return noEvidence({ since: SINCE, from: SINCE, tickMs: TICK_MS, phi: 1, bounds: [], ...start });
}

/** Folds a number of ticks of the same traffic. */
export function after(
  ticks: number,
  canary: Did,
  stable: Did,
  {
    terms = aTerms(),
    from = begun(),
    more = {},
  }: { terms?: Criteria; from?: Evidence; more?: Partial<TickCounts> } = {},
): Evidence {
  let judged = from;
  for (let i = 0; i < ticks; i += 1) {
    judged = fold(judged, happened(judged.at + judged.tickMs, canary, stable, more), terms);
  }
  return judged;
}
