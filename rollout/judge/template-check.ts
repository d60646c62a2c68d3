import type { TemplateCheck } from "../plan/checks.ts";

/** A provider's answer to a query: one number, or why there is no number that can be judged. */
export type TemplateReading =
  | { readonly kind: "value"; readonly value: number }
  | { readonly kind: "none"; readonly reason: string };

/**
 * A limit on a bare number. No counts stand behind the number, so the chance of a mistake is unknown. The limit must hold when
 * a step ends, but Serin rolls the canary back only after a whole interval of the query in which it was broken.
 */
export interface TemplateTest {
  readonly reading: TemplateReading;
  readonly holds: boolean;
  /** The first and the last (ms) of consecutive readings that broke the limit, and their number. */
  readonly broken?: { readonly since: number; readonly last: number; readonly readings: number };
}

/** Fewer readings than this decide nothing, whatever time they span. */
const FEWEST_READINGS = 3;

/** Adds a reading. A reading without a number neither holds nor breaks the limit, and the count of broken ones restarts. */
export function foldTemplateTest(
  before: TemplateTest | undefined,
  check: TemplateCheck,
  reading: TemplateReading,
  at: number,
): TemplateTest {
  if (reading.kind === "none") return { reading, holds: false };
  if (satisfies(reading.value, check)) return { reading, holds: true };
  const { since, readings } = before?.broken ?? { since: at, readings: 0 };
  return { reading, holds: false, broken: { since, last: at, readings: readings + 1 } };
}

/** Whether the limit was broken for a whole interval (ms) of its query. */
export function isBroken({ broken }: TemplateTest, intervalMs: number): boolean {
  if (broken === undefined || broken.readings < FEWEST_READINGS) return false;
  return broken.last - broken.since >= intervalMs;
}

function satisfies(value: number, { op, limit }: TemplateCheck): boolean {
  switch (op) {
    case ">=":
      return value >= limit;
    case ">":
      return value > limit;
    case "<=":
      return value <= limit;
    case "<":
      return value < limit;
    default:
      return op satisfies never;
  }
}
