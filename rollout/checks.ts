import { type Parsed, parseSet, problem, quote } from "./parsed.ts";

/** What one number of the canary must be. */
export interface Check {
  readonly metric: "success-rate" | "percentile";
  /** Of a percentile only: 0.5 … 0.999. */
  readonly quantile?: number;
  readonly op: ">=" | ">" | "<=" | "<";
  /** A ratio from 0 to 1 for `success-rate`, seconds for a percentile. */
  readonly limit: number;
  /** As the user wrote it, normalised: `p99 <= 500ms`. */
  readonly text: string;
}

/** Conditions between commas; `none` is none. */
export function parseChecks(text: string): Parsed<readonly Check[]> {
  if (text.trim() === "none") return { value: [] };
  return parseSet(text, parseCheck, (check) => check.text.split(" ")[0] ?? check.text);
}

const condition = /^([^\s<>=]{1,20})\s*(>=|>|<=|<)\s*(\d{1,6}(?:\.\d{1,6})?)(%|ms|s|)$/;

function parseCheck(item: string): Parsed<Check> {
  const [, name = "", op, amount = "", unit = ""] = condition.exec(item) ?? [];
  const percentile = /^p([5-9]\d|99\.9)$/.exec(name)?.[1]?.replace(".", "");
  const quoted = quote(item);
  if (name === "") return problem(`has ${quoted}, which is no condition`);
  if (percentile === undefined && name !== "success-rate") return problem(`has ${quoted}, an unknown metric`);
  const text = `${name} ${op} ${Number(amount)}${unit}`;
  // `1e-2` behind the digits instead of a division: 99.9 % is the number 0.999 and not its neighbour.
  if (percentile === undefined) {
    if (unit !== "%") return problem(`has ${quoted}, which lacks the unit %`);
    if (op !== ">=" && op !== ">") return problem(`has ${quoted}, which only a failing canary passes`);
    const limit = Number(`${amount}e-2`);
    const possible = op === ">" ? limit < 1 : limit > 0 && limit <= 1;
    return possible
      ? { value: { metric: "success-rate", op, limit, text } }
      : problem(`has ${quoted}, which says nothing`);
  }
  if (unit !== "ms" && unit !== "s") return problem(`has ${quoted}, which lacks the unit ms or s`);
  if (op !== "<=" && op !== "<") return problem(`has ${quoted}, which only a slow canary passes`);
  const limit = Number(unit === "s" ? amount : `${amount}e-3`);
  if (limit === 0) return problem(`has ${quoted}, which nothing passes`);
  return { value: { metric: "percentile", quantile: Number(`0.${percentile}`), op, limit, text } };
}
