import { anyOf, literal, matcher } from "./pattern.ts";

/** Upper bound of a bucket in seconds, from its `le` in a gateway's unit. */
export function secondsOf(le: string | undefined, perSecond: number): number {
  return le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le) / perSecond;
}

/** A matcher for the buckets of these bounds (seconds) and +Inf, in a gateway's unit. */
export function boundMatcher(seconds: readonly number[], perSecond: number): string {
  const bounds = seconds.filter(Number.isFinite).flatMap((bound) => spellings(bound * perSecond));
  return matcher("le", anyOf([...bounds, "+Inf"].map(literal)));
}

/**
 * The ways a bound is written: as the exporter did ("500", "1000000") or as Prometheus 3 stores it ("500.0", "1e+06"), Go's
 * shortest form.
 */
function spellings(bound: number): string[] {
  // 0.0011 × 1000 must not become 1.1000000000000001.
  const exact = Number(bound.toPrecision(15));
  const plain = String(exact);
  const scientific = exact.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  return [plain, ...(Number.isInteger(exact) ? [`${plain}.0`] : []), scientific];
}
