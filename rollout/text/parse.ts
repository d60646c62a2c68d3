import { formatDuration, parseDuration } from "./duration.ts";
import { quote } from "./quote.ts";
import { didYouMean } from "./suggest.ts";

const MOST_ITEMS = 20;
const LONGEST_MS = 168 * 3_600_000;

/** One thing that is wrong with a text. */
export interface Problem {
  /** The place in the value, for a value with parts: `[0].timeout (gate)`. */
  readonly at?: string;
  /** The fault: `invalid step "10%"`. */
  readonly what: string;
  /** The word that was meant, for "did you mean". It takes the place of `use`. */
  readonly meant?: string;
  /** The remedy: `use a duration with a unit, such as 90s`. Absent: the reader that knows the form adds it. */
  readonly use?: string;
}

/** A value, or everything that is wrong with the text. */
export type Parsed<T, P = Problem> = { readonly value: T } | { readonly problems: readonly P[] };

/** The one thing that is wrong. */
export function problem(what: string, use?: string): { readonly problems: readonly [Problem] } {
  return { problems: [{ what, ...(use !== undefined && { use }) }] };
}

/** A word that the reader does not know; `meant` is the known word that resembles it. */
export function unknown(what: string, meant: string | undefined, use?: string): Problem {
  return { what: `unknown ${what}`, ...(meant === undefined ? use !== undefined && { use } : { meant }) };
}

/** The whole text is wrong. */
export function invalid(text: string, use?: string): { readonly problems: readonly [Problem] } {
  return problem(`invalid value ${quote(text)}`, use);
}

/** A problem after its place, in the one form that every message has: `where: what is wrong: what is right`. */
export function formatProblem(
  { at = "", what, meant, use = "" }: Problem,
  ...where: readonly string[]
): string {
  const place = where.join(": ") + at;
  const parts = meant === undefined ? [place, what, use] : [place, what + didYouMean(meant)];
  return parts.filter((part) => part !== "").join(": ");
}

/** A time from 1 s to 168 h, in ms. */
export function parseTime(text: string): Parsed<number> {
  const value = parseDuration(text.trim());
  if (value === undefined) return invalid(text, "use a duration with a unit, such as 90s or 5m");
  if (value < 1_000) return invalid(text, "use at least 1s");
  return value > LONGEST_MS ? invalid(text, `use at most ${formatDuration(LONGEST_MS)}`) : { value };
}

/** A list of items between commas, each read by `parseItem`. */
export function parseList<T>(text: string, parseItem: (item: string) => Parsed<T>): Parsed<readonly T[]> {
  const items = text.split(",").map((item) => item.trim());
  if (items.length > MOST_ITEMS) return problem(`${items.length} items`, `use at most ${MOST_ITEMS}`);
  return all(items.map((item) => (item === "" ? problem("empty item") : parseItem(item))));
}

/** Every value, or everything that is wrong with any of them, each problem once. */
export function all<T>(parsed: readonly Parsed<T>[]): Parsed<readonly T[]> {
  const problems = parsed.flatMap((item) => ("problems" in item ? item.problems : []));
  if (problems.length === 0)
    return { value: parsed.flatMap((item) => ("value" in item ? [item.value] : [])) };
  return { problems: [...new Map(problems.map((one) => [formatProblem(one), one])).values()] };
}

/** A list without duplicates. Two items with the same `identity` are duplicates. */
export function parseSet<T>(
  text: string,
  parseItem: (item: string) => Parsed<T>,
  identity: (item: T) => string,
): Parsed<readonly T[]> {
  const parsed = parseList(text, parseItem);
  if ("problems" in parsed) return parsed;
  const twice = duplicate(parsed.value.map(identity));
  return twice === undefined ? parsed : problem(`duplicate ${twice}`, "name each once");
}

/** The first duplicate. */
export function duplicate(names: readonly string[]): string | undefined {
  return names.find((name, i) => names.indexOf(name) < i);
}

/** Whether JSON or YAML has fields here. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
