import { combine } from "./combine.ts";
import type { Comparison } from "./comparison.ts";
import {
  describeErrors,
  describeGivenUp,
  describeRefusals,
  describeRestarts,
  describeSlow,
} from "./describe.ts";
import type { Evidence } from "./fold.ts";
import { logHarm } from "./harm-test.ts";

/** One metric's evidence of harm. */
export interface Metric {
  readonly name: keyof typeof WEIGHTS;
  /** Its share in the verdict, relative to the sum of all weights. */
  readonly weight: number;
  readonly logE: number;
  readonly comparison: Comparison;
  /** The counts of both versions, for messages. */
  readonly description: string;
}

const WEIGHTS = {
  ...{ errors: 0.5, latency: 0.4 },
  ...{ "4xx answers": 0.1, "unanswered requests": 0.1, restarts: 0.1 },
} as const;

/** Every metric's evidence of harm. The latency bounds share the weight of latency equally. */
export function metricsOf(evidence: Evidence): readonly Metric[] {
  const { errors, refusals, givenUp, latency, restarts, bounds } = evidence;
  const metric = (name: Metric["name"], comparison: Comparison, description: string, parts = 1): Metric => ({
    name,
    weight: WEIGHTS[name] / parts,
    logE: logHarm(comparison.harm, { onset: true }),
    comparison,
    description,
  });
  return [
    metric("errors", errors, describeErrors(errors)),
    ...latency.map((one, i) => metric("latency", one, describeSlow(one, bounds[i] ?? 0), latency.length)),
    ...(refusals ? [metric("4xx answers", refusals, describeRefusals(refusals))] : []),
    ...(givenUp ? [metric("unanswered requests", givenUp, describeGivenUp(givenUp))] : []),
    ...(restarts ? [metric("restarts", restarts.comparison, describeRestarts(restarts.comparison))] : []),
  ];
}

/** ln E of all metrics together, to be compared with `harmLimit`. */
export function logHarmOf(evidence: Evidence): number {
  return combine(metricsOf(evidence)).logE;
}
