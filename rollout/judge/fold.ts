import type * as v from "valibot";
import type { TrafficCheck } from "../plan/checks.ts";
import { isFailure } from "./answers.ts";
import { failedTick, refusedTick, slowTick, unansweredTick } from "./compared.ts";
import {
  type Comparison,
  type ComparisonOptions,
  enterStep,
  foldComparison,
  noComparison,
} from "./comparison.ts";
import { type Arm, type Counts, slowerThan, withoutAnswer } from "./counters.ts";
import { type Criteria, errorOptions, latencyOptions, refusalOptions, restartOptions } from "./criteria.ts";
import type { evidenceSchema } from "./evidence-record.ts";
import { followedBy } from "./followed.ts";
import { foldLimitTest, type LimitTest, noLimitTest } from "./limit-test.ts";
import { foldRefusalsAlone } from "./refusals-alone.ts";
import { foldRestarts, noRestarts, type PodsOf } from "./restarts.ts";
import { noSums } from "./safety-sums.ts";
import { foldRecent, isStableBroken } from "./stable-health.ts";
import { noTick, type Tick } from "./tick.ts";
import { coldFromOf, isWarmAt } from "./warm-up.ts";

/**
 * The evidence on a rollout up to an instant: a pure fold over the ticks since its first weight. The same ticks give the same
 * evidence bit by bit, so a new controller can read them again. The rollout's record holds it as JSON.
 */
export type Evidence = v.InferOutput<typeof evidenceSchema>;

/** The requests of one tick, between `at - tickMs` and `at`. */
export interface TickCounts {
  readonly at: number;
  readonly counts: Readonly<Record<Arm, Counts>>;
  readonly present: Readonly<Record<Arm, boolean>>;
  /** The pods with their restarts so far. Only the newest tick has them, because no history of pods is stored. */
  readonly pods?: PodsOf;
}

/** What the stable version's history says. */
type Usual = "phi" | "bounds" | "usual" | "refusalsBefore" | "pace" | "rates" | "median";

/** What is known before the first tick: when it begins, how long a tick is, how late samples are, and the history. */
export type JudgeStart = Pick<Evidence, "since" | "from" | "tickMs" | "lateMs" | Usual>;

/** Before the first tick. */
export function noEvidence(start: JudgeStart): Evidence {
  const none = { ...noComparison(start.from), sums: noSums };
  return {
    ...start,
    at: start.from,
    stepFrom: start.from,
    errors: none,
    latency: start.bounds.map(() => none),
    guards: {},
    codes: {},
    pods: {},
    inStep: { canary: 0, stable: 0 },
    silent: 0,
    uncounted: 0,
    present: { canary: false, stable: false },
  };
}

/**
 * How long (ms, in whole ticks) half of the stable version's requests took. A request counts when it ends: of long ones, such as
 * streams, those that end in a step for so long began before it.
 */
export function lastingMs({ median = 0, tickMs }: Pick<Evidence, "median" | "tickMs">): number {
  return Math.floor((1000 * median) / tickMs) * tickMs;
}

/** Adds one tick. */
export function fold(before: Evidence, counted: TickCounts, criteria: Criteria): Evidence {
  const { uncounted, ...known } =
    before.stepFrom === criteria.stepFrom ? before : inNextStep(before, criteria);
  const { at, counts, present, pods } = counted;
  const isCounted = uncounted === undefined || present.canary || present.stable;
  const { canary, stable } = counts;
  const began = at - known.tickMs;
  const inStep = began >= criteria.stepFrom;
  const coldFrom = coldFromOf(known, began, canary.total);
  const isCold = coldFrom !== known.coldFrom;
  const warm = isWarmAt({ ...known, coldFrom }, began);
  const mayHaveBegun = { canary: inStep, stable: inStep && began >= criteria.stepFrom + lastingMs(known) };
  const sum = (requests: number, arm: Arm) => known.inStep[arm] + (mayHaveBegun[arm] ? requests : 0);
  const restarts = pods && (known.restarts ?? noRestarts(pods, began));
  const recent = foldRecent(known.recent, { bad: stable.failed, total: stable.total });
  const part = inStep ? "whole" : at > criteria.stepFrom ? "mixed" : "none";
  const isUsual = !isStableBroken({ ...known, recent });
  const isAnswered = answered(canary) + answered(stable) > 0;
  const moment = { at, part, isUsual } as const;
  const givenUp = unansweredTick(counts);
  // Clients cause most of both, so no step waits for them.
  const onlyHarm = (comparison: Comparison | undefined, tick: Tick) =>
    foldComparison(
      comparison ?? noComparison(began),
      tick,
      { ...moment, part: "none" },
      refusalOptions(criteria, known),
    );
  return {
    ...known,
    at,
    present,
    ...(coldFrom !== undefined && { coldFrom }),
    ...followedBy(known, { at, requests: canary.total }),
    ...(!isCounted && { uncounted: uncountedIn(counted, uncounted, criteria) }),
    ...(recent.total > 0 && { recent }),
    errors: foldComparison(known.errors, failedTick(counts), moment, errorsOf(known, criteria)),
    latency: known.latency.map((comparison, i) => {
      const tick = warm ? slowTick(counts, known.bounds[i] ?? Number.POSITIVE_INFINITY) : noTick;
      const options = latencyOf(known, criteria, i);
      // What few requests proved says nothing about many.
      const proven = isCold ? enterStep(comparison, { ...options, mostStart: 0 }) : comparison;
      return foldComparison(proven, tick, moment, options);
    }),
    refusals: onlyHarm(known.refusals, refusedTick(counts)),
    ...(givenUp && { givenUp: onlyHarm(known.givenUp, givenUp) }),
    ...(criteria.alone && { refusalsAlone: foldRefusalsAlone(known, refusedOf(canary), criteria) }),
    ...(restarts && pods && { restarts: foldRestarts(restarts, pods, at, restartOptions(criteria)) }),
    guards: Object.fromEntries(
      criteria.checks.map((check) => [
        check.text,
        foldLimitTest(known.guards[check.text] ?? noLimitTest, measured(check, canary)),
      ]),
    ),
    codes: add(known.codes, failed(canary.codes)),
    pods: add(known.pods, Object.entries(canary.pods)),
    inStep: { canary: sum(canary.total, "canary"), stable: sum(stable.total, "stable") },
    silent: canary.total + stable.total === 0 ? known.silent + 1 : 0,
    // Ticks that are read later repeat the last sample before Prometheus itself was away.
    quiet: isAnswered ? 0 : (known.quiet ?? 0) + (pods === undefined ? 0 : 1),
  };
}

/**
 * How many ticks have had no series since there was one to expect. Ticks that are read later, all at once, may be missing
 * because Prometheus itself was away.
 */
function uncountedIn({ pods }: TickCounts, before: number, { idle }: Criteria): number {
  if (idle) return 0;
  return pods === undefined ? before : before + 1;
}

function inNextStep(before: Evidence, criteria: Criteria): Evidence {
  // A step that came and went since the last tick had no whole one.
  const isSecond = criteria.leftFrom !== undefined && criteria.leftFrom > before.stepFrom;
  const enter = (comparison: Comparison, options: ComparisonOptions) =>
    enterStep(isSecond ? enterStep(comparison, options) : comparison, options);
  return {
    ...before,
    stepFrom: criteria.stepFrom,
    errors: enter(before.errors, errorsOf(before, criteria)),
    latency: before.latency.map((comparison, i) => enter(comparison, latencyOf(before, criteria, i))),
    inStep: { canary: 0, stable: 0 },
  };
}

type Before = Pick<Evidence, "phi" | "rates">;

function errorsOf({ phi, rates }: Before, criteria: Criteria): ComparisonOptions {
  return errorOptions(criteria, { phi, rate: rates?.failed });
}

function latencyOf({ phi, rates }: Before, criteria: Criteria, bound: number): ComparisonOptions {
  return latencyOptions(criteria, { phi, rate: rates?.slow[bound] });
}

/** The requests that got an answer: a gateway may count the others, as Traefik does, or not, as Envoy. */
function answered(counts: Counts): number {
  return counts.total - withoutAnswer(counts);
}

/** The requests that a check counts as bad, and all that it counts. One without an answer is not a success, nor a failure. */
function measured(check: TrafficCheck, canary: Counts): LimitTest {
  if (check.metric === "success-rate") return { bad: canary.failed, total: answered(canary) };
  const { slow, total } = slowerThan(canary, check.limit);
  return { bad: slow, total };
}

/** A tick without any answer says nothing of answers: the sentence about the end of all requests says it better. */
function refusedOf(canary: Counts): LimitTest {
  return answered(canary) === 0 ? noLimitTest : { bad: canary.refused, total: canary.total };
}

function failed(codes: Counts["codes"]): [code: string, requests: number][] {
  return [...codes].filter(([code]) => isFailure(code));
}

function add(before: Evidence["codes"], more: readonly [key: string, n: number][]): Evidence["codes"] {
  const changed = more.map(([key, n]) => [key, (before[key] ?? 0) + n]);
  return changed.length === 0 ? before : { ...before, ...Object.fromEntries(changed) };
}
