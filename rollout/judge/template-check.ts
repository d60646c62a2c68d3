import type { TemplateCheck } from "../plan/checks.ts";

/** What a source said about a query: one number, or why there is none that could be judged. */
export type Reading =
  | { readonly kind: "value"; readonly value: number }
  | { readonly kind: "none"; readonly reason: string };

/**
 * A limit on a bare number. There are no counts behind it, so no chance of a mistake can be told: it must hold when a step
 * ends, and decides against the canary only when it has been broken for a whole interval of its query.
 */
export interface TemplateTest {
  readonly reading: Reading;
  readonly holds: boolean;
  /** From when to when (ms) every reading broke it, and how many they were. */
  readonly broken?: { readonly since: number; readonly last: number; readonly readings: number };
}

/** Fewer readings than this decide nothing, however long they took. */
const FEWEST_READINGS = 3;

/** Adds a reading; one without a number neither holds nor breaks, and what was broken before starts anew. */
export function foldTemplateTest(
  before: TemplateTest | undefined,
  check: TemplateCheck,
  reading: Reading,
  at: number,
): TemplateTest {
  if (reading.kind === "none") return { reading, holds: false };
  if (satisfies(reading.value, check)) return { reading, holds: true };
  const { since, readings } = before?.broken ?? { since: at, readings: 0 };
  return { reading, holds: false, broken: { since, last: at, readings: readings + 1 } };
}

/** Whether it has been broken for a whole interval (ms) of its query. */
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
