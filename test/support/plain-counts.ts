import type { Counts } from "../../rollout/judge/counters.ts";

/** The counts of so many requests, of which only success and failure are known. */
export function plainCounts(failed: number, total: number): Counts {
  return { total, failed, refused: 0, codes: new Map(), pods: {}, atMost: [] };
}
