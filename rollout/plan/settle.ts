import { type Parsed, parseTime, problem } from "../text/parse.ts";
import { LONGEST_SETTLE_MS } from "../traffic/route-record.ts";

/** A time from 1 s to 10 min, in ms. */
export function parseSettle(text: string): Parsed<number> {
  const parsed = parseTime(text);
  if (!("value" in parsed) || parsed.value <= LONGEST_SETTLE_MS) return parsed;
  return problem(`${text.trim()} is too long`, "use at most 10m");
}
