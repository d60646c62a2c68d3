import { isDnsLabel } from "../text/dns.ts";
import { type Parsed, parseSet, problem, unknown } from "../text/parse.ts";
import { quote } from "../text/quote.ts";
import { nearest } from "../text/suggest.ts";

/** A limit on one number of the canary. */
export type Check = TrafficCheck | TemplateCheck;

/** A limit on a number that the gateway's metrics yield for the canary's requests. */
export interface TrafficCheck {
  readonly metric: "success-rate" | "percentile";
  /** 0.5 … 0.999; for percentiles only. */
  readonly quantile?: number;
  readonly op: ">=" | ">" | "<=" | "<";
  /** A ratio from 0 to 1 for `success-rate`, seconds for a percentile. */
  readonly limit: number;
  /** As the user wrote it, normalised: `p99 <= 500ms`. */
  readonly text: string;
}

/** A limit on the number that a metric template yields. */
export interface TemplateCheck {
  readonly metric: "template";
  /** The ConfigMap's name. */
  readonly name: string;
  readonly op: ">=" | ">" | "<=" | "<";
  /** In the unit of the query's result. */
  readonly limit: number;
  /** For messages only: the limit is not converted. */
  readonly unit?: "%" | "ms" | "s";
  /** As the user wrote it, normalised: `my-template <= 5`. */
  readonly text: string;
}

interface Condition {
  readonly name: string;
  readonly op: Check["op"];
  readonly amount: string;
  readonly unit: "" | "%" | "ms" | "s";
  /** The condition as written, for complaints. */
  readonly quoted: string;
  readonly text: string;
}

const condition = /^([^\s<>=]{1,63})\s*(>=|>|<=|<)\s*(-?\d{1,12}(?:\.\d{1,9})?)\s*(%|ms|s|)$/;
const percentile = /^p([5-9]\d|99\.9)$/;
// The most likely one comes first, because Serin suggests the first that fits.
const builtIns = ["success-rate", "p99.9", "p99", "p95", "p90", "p50"];

/** Conditions between commas, or `none`. A metric may have one limit, a template one on either side. */
export function parseChecks(text: string): Parsed<readonly Check[]> {
  if (text.trim() === "none") return { value: [] };
  return parseSet(text, parseCheck, identity);
}

function identity({ op, text, ...check }: Check): string {
  if (check.metric !== "template") return text.split(" ")[0] ?? text;
  return `${op.startsWith(">") ? "lower" : "upper"} limit of ${check.name}`;
}

function parseCheck(item: string): Parsed<Check> {
  const [, name = "", op, amount = "", unit = ""] = condition.exec(item) ?? [];
  const quoted = quote(item);
  if (name === "") return problem(`invalid condition ${quoted}`);
  const text = `${name} ${op} ${Number(amount) + 0}${unit}`;
  const found = { name, op, amount, unit, quoted, text } as Condition;
  if (name === "success-rate") return successRate(found);
  const digits = percentile.exec(name)?.[1];
  return digits === undefined ? template(found) : latency(found, digits.replace(".", ""));
}

function successRate({ op, amount, unit, quoted, text }: Condition): Parsed<Check> {
  if (unit !== "%") return problem(`invalid condition ${quoted}`, "add the unit %");
  if (op !== ">=" && op !== ">") return problem(`only a failing canary passes ${quoted}`, "use >= or >");
  // `1e-2` behind the digits instead of a division: 99.9 % is the number 0.999 and not its neighbour.
  const limit = Number(`${amount}e-2`);
  const possible = op === ">" ? limit >= 0 && limit < 1 : limit > 0 && limit <= 1;
  return possible
    ? { value: { metric: "success-rate", op, limit, text } }
    : problem(`the answer to ${quoted} is always the same`, "use a percentage that some canaries reach");
}

function latency({ op, amount, unit, quoted, text }: Condition, digits: string): Parsed<Check> {
  if (unit !== "ms" && unit !== "s") return problem(`invalid condition ${quoted}`, "add the unit ms or s");
  if (op !== "<=" && op !== "<") return problem(`only a slow canary passes ${quoted}`, "use <= or <");
  const limit = Number(unit === "s" ? amount : `${amount}e-3`);
  if (limit <= 0) return problem(`no canary passes ${quoted}`, "use a time above 0");
  return { value: { metric: "percentile", quantile: Number(`0.${digits}`), op, limit, text } };
}

function template({ name, op, amount, unit, text }: Condition): Parsed<Check> {
  const meant =
    builtIns.find((builtIn) => name.length > 3 && builtIn.startsWith(name)) ??
    nearest(name, builtIns, Math.max(1, Math.floor(name.length / 3)));
  // A slip in the name of a built-in metric must not wait for a template that does not exist. A template may have a name
  // that resembles one, so fewer letters may differ than in other suggestions.
  if (meant !== undefined || /^p[\d.]+$/.test(name)) {
    return { problems: [unknown(`metric ${quote(name)}`, meant, "use p50 to p99 or p99.9")] };
  }
  if (!isDnsLabel(name)) {
    return problem(
      `invalid metric ${quote(name)}`,
      "use success-rate, p50 to p99, p99.9 or the name of a metric template",
    );
  }
  const limit = Number(amount) + 0;
  return { value: { metric: "template", name, op, limit, ...(unit && { unit }), text } };
}
