import type { TrafficCheck } from "../plan/checks.ts";
import type { Compare } from "../plan/compare.ts";
import { formatDuration } from "../text/duration.ts";
import type { Comparison } from "./comparison.ts";
import type { Criteria } from "./criteria.ts";
import type { Evidence } from "./fold.ts";
import { percent, quantity, ratio } from "./format.ts";
import { type LimitTest, noLimitTest } from "./limit-test.ts";

/** Failures of both versions: `canary 9 of 871 requests failed (1.03%), stable 8 of 7840 (0.10%): 10.1x`. */
export function describeErrors(errors: Comparison): string {
  return describeShares(errors, "requests failed");
}

/** 4xx answers of both versions. */
export function describeRefusals(refusals: Comparison): string {
  return describeShares(refusals, "requests got a 4xx answer or none");
}

/** Requests of both versions that their clients gave up, as far as the gateway tells. */
export function describeGivenUp({ totals }: Comparison): string {
  return describeShares({ totals }, "requests got no answer", { canary: "at least ", stable: "at most " });
}

/** 4xx answers of a canary that has all requests, and those of the stable version before, unless its users are chosen. */
export function describeRefusalsAlone(
  { refusalsAlone, refusalsBefore: before }: Evidence,
  { isChosen }: Pick<Criteria, "isChosen">,
): string {
  const share = ({ bad, total }: LimitTest, what = "") =>
    `${bad} of ${total}${what}${total === 0 ? "" : ` (${percent(bad / total)})`}`;
  const canary = `canary ${share(refusalsAlone ?? noLimitTest, " requests got a 4xx answer or none")}`;
  if (isChosen) return canary;
  return before === undefined
    ? `${canary}, stable had too few requests before the rollout to compare with`
    : `${canary}, stable at worst ${share(before)} before the rollout`;
}

/** Slow requests of both versions. */
export function describeSlow(comparison: Comparison, bound: number): string {
  return describeShares(comparison, `requests took longer than ${quantity(bound)}`);
}

/** Restarts of both versions' containers. */
export function describeRestarts({ totals: [xc, nc, xs, ns] }: Comparison): string {
  const per = (restarts: number, seconds: number) => `${restarts} in ${Math.round(seconds)} pod-seconds`;
  return `containers restarted: canary ${per(xc, nc)}, stable ${per(xs, ns)}`;
}

/** The requests that a check counted: `95.00% of 180 requests succeeded`. */
export function describeLimitTest(check: TrafficCheck, { bad, total }: LimitTest): string {
  if (total === 0) return "no requests";
  if (check.metric === "success-rate") return `${percent(1 - bad / total)} of ${total} requests succeeded`;
  return `${percent(bad / total)} of ${total} requests took longer than ${quantity(check.limit)}`;
}

/** The statuses, pods and restarts behind the canary's failures, as far as the metrics have them. */
export function describeWhere({ codes, pods, restarts }: Evidence): string {
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, 5)
      .map(([key, n]) => `${key} x${n}`)
      .join(", ");
  const parts = [
    ...(Object.keys(codes).length > 0 ? [`status ${list(codes)}`] : []),
    ...(Object.keys(pods).length > 0 ? [`pods ${list(pods)}`] : []),
    ...(restarts !== undefined && Object.keys(restarts.pods).length > 0
      ? [`restarts of ${list(restarts.pods)}`]
      : []),
  ];
  return parts.join("; ");
}

/** The tolerance: `1.2x stable + 0.05 pp`. */
export function describeTolerance({ tolerance }: Pick<Compare, "tolerance">, more: number): string {
  return `${tolerance}x stable + ${Number((more * 100).toPrecision(3))} pp`;
}

/** The time, the tick and the dispersion on which the numbers rest. */
export function describeBasis(evidence: Evidence): string {
  const seconds = formatDuration(evidence.at - evidence.from);
  const phi = evidence.phi >= 1.05 ? `, dispersion ${evidence.phi.toFixed(1)}` : "";
  return `Counted over ${seconds} in ticks of ${formatDuration(evidence.tickMs)}${phi}`;
}

/** A clock time in UTC. */
export function describeTime(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

function describeShares(
  { totals: [xc, nc, xs, ns] }: Pick<Comparison, "totals">,
  what: string,
  bounds = { canary: "", stable: "" },
): string {
  const share = (bound: string, bad: number, total: number, verb = "") =>
    total === 0 ? "had no requests" : `${bound}${bad} of ${total}${verb} (${percent(bad / total)})`;
  const canary = share(bounds.canary, xc, nc, ` ${what}`);
  return `canary ${canary}, stable ${share(bounds.stable, xs, ns)}${ratio(xc / nc, xs / ns)}`;
}
