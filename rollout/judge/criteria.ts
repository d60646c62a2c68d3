import type { TrafficCheck } from "../plan/checks.ts";
import type { Compare } from "../plan/compare.ts";
import type { ComparisonOptions } from "./comparison.ts";
import { harmDefaults } from "./harm-test.ts";

/** By what a rollout is judged at the moment. */
export interface Criteria {
  /** `off`: only the checks decide. */
  readonly compare: Compare | "off";
  readonly checks: readonly TrafficCheck[];
  /** Since when (ms) the present step's weight is in force. */
  readonly stepFrom: number;
  /** The share of the traffic, from 0 to 1, that the canary gets next; 1 is its promotion. */
  readonly nextShare: number;
}

/** The checks' alpha where nothing is compared. */
const ALPHA = 0.01;
/** What latency is allowed, apart from the tolerance: half a percent of the canary's requests more may be slow … */
export const LATENCY_MARGIN = 0.005;
/** … and two percent of all requests before the canary counts as safe. */
const LATENCY_LOSS = 0.02;
/** The most of all requests that may additionally fail for a promotion with a warning. */
export const MOST_LOSS = 0.05;
/** A safe canary fails less than this many times as often as the stable version. */
const SAFE_RATIO = 1.5;
/** Restarts a pod may have more than the stable version's, per second: one a day. */
const RESTARTS = 1 / 86_400;

/** What the comparison's ln E must reach: half of alpha is the checks' where there are any, so both together keep it. */
export function harmLimit({ alpha }: Compare, { checks }: Criteria): number {
  return Math.log((checks.length > 0 ? 2 : 1) / alpha);
}

/** What a check's ln E must reach; they share their half of alpha. */
export function testedLimit({ compare, checks }: Criteria): number {
  const alpha = compare === "off" ? ALPHA : compare.alpha / 2;
  return Math.log(checks.length / alpha);
}

/** How failures are judged. */
export function errorOptions({ compare, nextShare }: Criteria, phi: number): ComparisonOptions {
  const { tolerance, margin, loss, cap } = settled(compare);
  return options({ tolerance, margin, loss, cap, nextShare, phi });
}

/** How the requests above one boundary of latency are judged. */
export function latencyOptions({ compare, nextShare }: Criteria, phi: number): ComparisonOptions {
  const { tolerance, cap } = settled(compare);
  return options({ tolerance, margin: LATENCY_MARGIN, loss: LATENCY_LOSS, cap, nextShare, phi });
}

/** How restarts are judged. */
export function restartOptions({ compare, nextShare }: Criteria): ComparisonOptions {
  const { tolerance, cap } = settled(compare);
  return options({ tolerance, margin: RESTARTS, loss: 1, cap, nextShare, phi: 1 });
}

function settled(compare: Criteria["compare"]) {
  if (compare === "off")
    return { tolerance: harmDefaults.r0, margin: harmDefaults.delta, loss: 1, cap: harmDefaults.cap };
  // Below ln(1/alpha), no single tick decides: a burst between two scrapes is no verdict.
  return { ...compare, cap: 0.75 * Math.log(1 / compare.alpha) };
}

function options(given: {
  tolerance: number;
  margin: number;
  loss: number;
  cap: number;
  nextShare: number;
  phi: number;
}): ComparisonOptions {
  const { tolerance, margin, loss, cap, nextShare, phi } = given;
  const r1 = Math.max(SAFE_RATIO, tolerance);
  const safety = (of: number) => ({ r1, margin: Math.min(1, of / nextShare), phi });
  return {
    harm: { r0: tolerance, delta: margin, phi, cap, onset: true },
    safety: safety(loss),
    weakly: safety(Math.max(loss, MOST_LOSS)),
  };
}
