import type { TrafficCheck } from "../plan/checks.ts";
import type { Compare } from "../plan/compare.ts";
import type { ComparisonOptions } from "./comparison.ts";
import { harmDefaults } from "./harm-test.ts";

/** The criteria by which a rollout is judged in its current step. */
export interface Criteria {
  /** `off`: only the checks decide. */
  readonly compare: Compare | "off";
  readonly checks: readonly TrafficCheck[];
  /**
   * The stable version has no requests now: how the canary's 4xx answers are compared with those that it had before the rollout.
   * Absent: they are not.
   */
  readonly alone?: Compare;
  /** The canary's users are chosen by what they send, so `alone` has nothing to compare with; absent: by chance. */
  readonly isChosen?: true;
  /** When (ms) the current step's weight came into force. */
  readonly stepFrom: number;
  /** When (ms) the weight before it came into force; absent: no record of one. */
  readonly leftFrom?: number;
  /** The share of the traffic, from 0 to 1, that the canary gets next; 1 is its promotion. */
  readonly nextShare: number;
  /** No gateway has a request of either version to count, by the wish of the routes' owners; absent: it may have some. */
  readonly idle?: true;
}

/** Alpha of the checks if nothing is compared. */
const ALPHA = 0.01;
/** Latency's margin: next to the tolerance, half a percent more of the canary's requests may be slow. */
export const LATENCY_MARGIN = 0.005;
/** Latency's loss: a safe canary makes at most two percent more of all requests slow. */
const LATENCY_LOSS = 0.02;
/** The largest share of all requests that may additionally fail if a canary is promoted with a warning. */
export const MOST_LOSS = 0.05;
/** A safe canary fails less than this many times as often as the stable version. */
const SAFE_RATIO = 1.5;
/** The canary's share of 4xx answers may be this many times the stable version's. */
export const REFUSED_RATIO = 2;
/** Restarts per pod and second that the canary may have more than the stable version: one a day. */
const RESTARTS = 1 / 86_400;

/** The limit of the comparison's ln E. Checks, if any, take half of alpha, so that all verdicts together keep to alpha. */
export function harmLimit({ alpha }: Compare, { checks }: Criteria): number {
  return Math.log((checks.length > 0 ? 2 : 1) / alpha);
}

/** The limit of a check's ln E. The checks share their half of alpha, or all of it with the 4xx answers of a canary alone. */
export function testedLimit({ compare, checks, alone, isChosen }: Criteria): number {
  const alpha = compare === "off" ? (alone?.alpha ?? ALPHA) : compare.alpha / 2;
  return Math.log((checks.length + (alone === undefined || isChosen ? 0 : 1)) / alpha);
}

/** What is known about the stable version before the first tick. */
interface Known {
  /** Variance of failures over their mean. */
  readonly phi: number;
  /** The share of its requests that were bad, from 0 to 1; absent: not known. */
  readonly rate?: number | undefined;
}

/** How failures are judged. */
export function errorOptions({ compare, nextShare }: Criteria, known: Known): ComparisonOptions {
  return options({ ...settled(compare), nextShare, ...known });
}

/** How 4xx answers are judged: only as harm, because clients cause most of them. */
export function refusalOptions(
  { compare, nextShare }: Criteria,
  { phi }: Pick<Known, "phi">,
): ComparisonOptions {
  const margin = compare === "off" ? 1 : compare.refused;
  const tolerance = Math.max(REFUSED_RATIO, settled(compare).tolerance);
  return options({ ...settled(compare), tolerance, margin, nextShare, phi });
}

/** How the requests above one latency bound are judged. */
export function latencyOptions({ compare, nextShare }: Criteria, known: Known): ComparisonOptions {
  return options({ ...settled(compare), margin: LATENCY_MARGIN, loss: LATENCY_LOSS, nextShare, ...known });
}

/** How restarts are judged. */
export function restartOptions({ compare, nextShare }: Criteria): ComparisonOptions {
  return options({ ...settled(compare), margin: RESTARTS, loss: 1, nextShare, phi: 1 });
}

function settled(compare: Criteria["compare"]) {
  const { r0: tolerance, delta: margin, cap } = harmDefaults;
  if (compare === "off") return { tolerance, margin, loss: 1, cap, mostStart: 0 };
  const { alpha, beta, ...rest } = compare;
  // Below ln(1/alpha), so that no single tick decides: one burst between two scrapes must not roll the canary back.
  return { ...rest, cap: 0.75 * Math.log(1 / alpha), mostStart: Math.log(1 / beta) / 2 };
}

function options(given: {
  tolerance: number;
  margin: number;
  loss: number;
  cap: number;
  mostStart: number;
  nextShare: number;
  phi: number;
  rate?: number | undefined;
}): ComparisonOptions {
  const { tolerance, margin, loss, cap, mostStart, nextShare, phi, rate } = given;
  const r1 = Math.max(SAFE_RATIO, tolerance);
  const safety = (of: number) => ({ r1, margin: Math.min(1, of / nextShare), phi, rate });
  return {
    harm: { r0: tolerance, delta: margin, phi, cap, onset: true },
    safety: safety(loss),
    weakly: safety(Math.max(loss, MOST_LOSS)),
    mostStart,
  };
}
