import type { Plan } from "../../rollout/plan/plan.ts";
import { formatAge } from "../frame/age.ts";
import type { Finding } from "../lint/finding.ts";

/** What Prometheus says of the version that serves now. */
export interface PresentTraffic {
  /** The gateways whose metrics count it. */
  readonly packs: readonly string[];
  /** The series of its requests. */
  readonly series: number;
  /** Absent: no series was scraped twice in two minutes. */
  readonly scrapeMs?: number;
  /** Requests a second over the last half hour. */
  readonly rps: number;
  /** The share (0 to 1) of them that failed. */
  readonly fails: number;
  /** Variance of the failures over their mean. */
  readonly phi: number;
  /** The bounds of its latency buckets, in seconds, ascending. */
  readonly bounds: readonly number[];
}

/** A bucket whose bound is this share away from a limit still judges the limit well. */
const NEAR = 0.2;
/** Fewer requests a second are as good as none. */
export const LEAST_RPS = 0.01;
/** A step that is shorter than so many scrapes is judged by too few ticks. */
const LEAST_TICKS = 3;

/** Whether the series that the judge needs are there, and come often enough. */
export function aboutMetrics({ packs, series, scrapeMs }: PresentTraffic, plan: Plan): readonly Finding[] {
  const where = "metrics";
  const of = packs.join(", ");
  if (series === 0)
    return [
      {
        kind: "warning",
        where,
        says: `${of}: Prometheus has no series of these Services: no request has arrived yet, or it does not scrape the gateway with the gateway's own labels`,
      },
    ];
  if (scrapeMs === undefined)
    return [
      {
        kind: "warning",
        where,
        says: `${of}: ${series} series, none of them scraped in the last two minutes`,
      },
    ];
  // As the judge takes it: a busy Prometheus scrapes some milliseconds early or late.
  const everyMs = 1_000 * Math.round(scrapeMs / 1_000);
  const every = `${of}: ${series} series, scraped every ${formatAge(everyMs)}`;
  const shortest = Math.min(
    ...plan.steps.map((step) => ("leastMs" in step ? step.leastMs : Number.POSITIVE_INFINITY)),
  );
  if (shortest < LEAST_TICKS * everyMs)
    return [
      {
        kind: "warning",
        where,
        says: `${every}, so a step of ${formatAge(shortest)} is judged by few counts: scrape more often, or raise serin.dev/interval`,
      },
    ];
  return [{ kind: "good", where, says: every }];
}

/** Whether a bucket ends near the limit of each latency check. */
export function aboutBuckets({ bounds }: PresentTraffic, { checks }: Plan): readonly Finding[] {
  const finite = bounds.filter(Number.isFinite);
  return checks.flatMap((check): Finding[] => {
    if (check.metric !== "percentile" || bounds.length === 0) return [];
    const where = `check ${check.text}`;
    const used = bounds.find((bound) => bound >= check.limit) ?? Number.POSITIVE_INFINITY;
    if (used <= check.limit * (1 + NEAR))
      return [{ kind: "good", where, says: `judged by the bucket of ${used}s` }];
    const said = Number.isFinite(used)
      ? `judged by the bucket of ${used}s`
      : "above the last bucket, so it cannot be judged";
    return [
      {
        kind: "warning",
        where,
        says: `no bucket ends within ${NEAR * 100} % above ${check.limit}s, so it is ${said} (buckets: ${finite.join(", ")}s): add one at the gateway`,
      },
    ];
  });
}

/** How many requests there are for the judge. */
export function aboutRate({ rps, fails, phi }: PresentTraffic): Finding {
  const where = "traffic";
  const rate = `${rps < 10 ? rps.toFixed(1) : Math.round(rps)} requests/s in the last 30m`;
  if (rps < LEAST_RPS)
    return {
      kind: "warning",
      where,
      says: "no requests in the last 30m: without any, a rollout holds at its first step; --rps estimates what if there were some",
    };
  return {
    kind: "good",
    where,
    says: `${rate}, ${(100 * fails).toFixed(2)} % failed, dispersion ${phi.toFixed(1)}`,
  };
}
