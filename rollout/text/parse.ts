import { formatDuration, parseDuration } from "./duration.ts";

const mostItems = 20;
const longestMs = 168 * 3_600_000;

/** A value, or everything that is wrong with the text, each worded to be read after that text. */
export type Parsed<T> = { readonly value: T } | { readonly problems: readonly string[] };

/** The one thing that is wrong. */
export function problem(text: string): { readonly problems: readonly string[] } {
  return { problems: [text] };
}

/** A time from 1 s to 168 h, in ms. */
export function parseTime(text: string): Parsed<number> {
  const value = parseDuration(text.trim());
  if (value === undefined) return problem("is no duration with a unit");
  if (value < 1_000) return problem("is shorter than 1s");
  return value > longestMs ? problem(`is longer than ${formatDuration(longestMs)}`) : { value };
}

/** A list of items between commas, each read by `parseItem`. */
export function parseList<T>(text: string, parseItem: (item: string) => Parsed<T>): Parsed<readonly T[]> {
  const items = text.split(",").map((item) => item.trim());
  if (items.length > mostItems) return problem(`has ${items.length} items, more than ${mostItems}`);
  return all(items.map((item) => (item === "" ? problem("has an empty item") : parseItem(item))));
}

/** Every value, or everything that is wrong with any of them, each said once. */
export function all<T>(parsed: readonly Parsed<T>[]): Parsed<readonly T[]> {
  const problems = parsed.flatMap((item) => ("problems" in item ? item.problems : []));
  if (problems.length > 0) return { problems: [...new Set(problems)] };
  return { value: parsed.flatMap((item) => ("value" in item ? [item.value] : [])) };
}

/** A list of which every item may stand there once; `identity` tells which items are the same. */
export function parseSet<T>(
  text: string,
  parseItem: (item: string) => Parsed<T>,
  identity: (item: T) => string,
): Parsed<readonly T[]> {
  const parsed = parseList(text, parseItem);
  if ("problems" in parsed) return parsed;
  const names = parsed.value.map(identity);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  return twice === undefined ? parsed : problem(`names ${twice} twice`);
}

/** Whether JSON or YAML has fields here. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A piece of what people wrote, for a complaint. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
