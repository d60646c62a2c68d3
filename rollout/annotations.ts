import { formatDuration, parseDuration } from "./duration.ts";
import type { Check, PauseStep, RouteName, WeightStep } from "./plan.ts";

/** A value, or everything that is wrong with the text, each worded to be read after that text. */
export type Parsed<T> = { readonly value: T } | { readonly problems: readonly string[] };

/** One annotation that people write: this row parses it, documents it and words the complaints about it. */
export interface Annotation<T> {
  readonly key: string;
  /** What a value looks like: "increasing percentages". */
  readonly form: string;
  /** The text that an absent annotation stands for. */
  readonly default?: string;
  readonly doc: string;
  readonly example: string;
  readonly parse: (text: string) => Parsed<T>;
}

/** A step as written: without a time of its own it takes the plan's interval. */
export type WrittenStep = (Omit<WeightStep, "leastMs"> & { readonly leastMs?: number }) | PauseStep;

/** Everything under `serin.dev/` that people write on a Deployment. */
export const annotations = {
  rollout: {
    key: "serin.dev/rollout",
    form: "canary",
    doc: "Opts the Deployment in: from now on a change of its pod template is a canary first.",
    example: "canary",
    parse: parseKind,
  },
  steps: {
    key: "serin.dev/steps",
    form: "increasing percentages",
    default: "10, 25, 50",
    doc:
      "The canary's share of traffic, step by step: above 0 up to 100 %, with at most two decimals. " +
      "`10:5m` stays at 10 % for at least 5 minutes. `pause` waits for `kubectl rollout resume`.",
    example: "0.5, 10:5m, pause, 50",
    parse: parseSteps,
  },
  interval: {
    key: "serin.dev/interval",
    form: "a duration from 1s to 168h",
    default: "1m",
    doc: "The least time at a step that has none of its own.",
    example: "90s",
    parse: parseTime,
  },
  maxInterval: {
    key: "serin.dev/max-interval",
    form: "a duration from serin.dev/interval to 168h",
    default: "10m",
    doc:
      "A step that gets no data goes on after this long; the last step never does. " +
      "Where the interval is longer than the default, it is the default.",
    example: "1h",
    parse: parseTime,
  },
  checks: {
    key: "serin.dev/checks",
    form: "conditions on success-rate and p50 to p99.9",
    default: "success-rate >= 99%",
    doc:
      "What must hold for the canary to go on: `success-rate`, in percent of the requests, and the " +
      "latencies `p50` … `p99` and `p99.9`, in `ms` or `s`. `none`: only the health of its pods.",
    example: "success-rate >= 99.5%, p99 <= 500ms",
    parse: parseChecks,
  },
  onFailure: {
    key: "serin.dev/on-failure",
    ...oneOf("hold", "undo"),
    default: "hold",
    doc:
      "What follows when a canary has failed and all traffic is back on the stable version. `hold` leaves " +
      "the pod template as applied, so that Git stays true; `undo` acts as `kubectl rollout undo`.",
    example: "undo",
  },
  services: {
    key: "serin.dev/services",
    form: "names of Services",
    doc: "The Services that carry the traffic. Absent: every one whose selector matches the pods.",
    example: "web, web-admin",
    parse: (text: string) => parseSet(text, parseService, (name) => name),
  },
  routes: {
    key: "serin.dev/routes",
    form: "names of HTTPRoutes",
    doc:
      "The routes to shift; `namespace/name` for one of another namespace. " +
      "Absent: every one with a backendRef to one of the Services.",
    example: "web, edge/web",
    parse: (text: string) => parseSet(text, parseRoute, (route) => `${route.namespace ?? ""}/${route.name}`),
  },
  restart: {
    key: "serin.dev/restart",
    ...oneOf("native", "canary"),
    default: "native",
    doc: "What `kubectl rollout restart` starts: the rolling restart of Kubernetes, or a canary.",
    example: "canary",
  },
  promote: verb("promote", "Promotes this revision now, whatever the checks say."),
  abort: verb("abort", "Rolls this revision back now."),
  retry: verb("retry", "Starts this failed revision once more."),
} as const;

/** Keys of features that this version does not have. */
export const later: readonly string[] = ["compare", "match", "mirror", "sticky", "hooks", "profile"].map(
  (name) => `serin.dev/${name}`,
);

const mostItems = 20;
const longestMs = 168 * 3_600_000;

function problem(text: string): { readonly problems: readonly string[] } {
  return { problems: [text] };
}

function oneOf<T extends string>(...choices: readonly T[]) {
  const form = choices.join(" or ");
  const parse = (text: string): Parsed<T> => {
    const value = choices.find((choice) => choice === text.trim());
    return value === undefined ? problem("is neither") : { value };
  };
  return { form, parse };
}

function verb(name: string, doc: string): Annotation<number> {
  const parse = (text: string): Parsed<number> =>
    /^[1-9]\d{0,8}$/.test(text.trim()) ? { value: Number(text) } : problem("is no revision number");
  return { key: `serin.dev/${name}`, form: "a revision number", doc, example: "7", parse };
}

function parseKind(text: string): Parsed<"canary"> {
  const kind = text.trim();
  if (kind === "canary") return { value: kind };
  const known = kind === "blue-green" || kind === "ab-test";
  return problem(known ? "is not available in this version" : "is no kind of rollout");
}

function parseTime(text: string): Parsed<number> {
  const value = parseDuration(text.trim());
  if (value === undefined) return problem("is no duration with a unit");
  if (value < 1_000) return problem("is shorter than 1s");
  return value > longestMs ? problem(`is longer than ${formatDuration(longestMs)}`) : { value };
}

function parseList<T>(text: string, parseItem: (item: string) => Parsed<T>): Parsed<readonly T[]> {
  const items = text.split(",").map((item) => item.trim());
  if (items.length > mostItems) return problem(`has ${items.length} items, more than ${mostItems}`);
  const parsed = items.map((item) => (item === "" ? problem("has an empty item") : parseItem(item)));
  const problems = parsed.flatMap((item) => ("problems" in item ? item.problems : []));
  if (problems.length > 0) return { problems: [...new Set(problems)] };
  return { value: parsed.flatMap((item) => ("value" in item ? [item.value] : [])) };
}

/** A list of which every item may stand there once; `identity` tells which items are the same. */
function parseSet<T>(
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

function parseSteps(text: string): Parsed<readonly WrittenStep[]> {
  const parsed = parseList(text, parseStep);
  if ("problems" in parsed) return parsed;
  const problems = parsed.value.flatMap((step, i) => {
    return step.kind === "pause" && parsed.value[i + 1]?.kind === "pause" ? ["pauses twice in a row"] : [];
  });
  const weights = parsed.value.flatMap((step) => (step.kind === "weight" ? [step.weight] : []));
  if (weights.length === 0) problems.push("has no percentage");
  weights.forEach((weight, i) => {
    const before = weights[i - 1] ?? 0;
    if (weight === before) problems.push(`repeats ${weight}`);
    if (weight < before) problems.push(`goes down from ${before} to ${weight}`);
  });
  return problems.length > 0 ? { problems } : parsed;
}

function parseStep(item: string): Parsed<WrittenStep> {
  if (item === "pause") return { value: { kind: "pause" } };
  const [percent = "", time, ...rest] = item.split(":").map((part) => part.trim());
  const weight = /^\d{1,3}(\.\d{1,2})?$/.test(percent) ? Number(percent) : Number.NaN;
  if (Number.isNaN(weight) || rest.length > 0) return problem(`has ${quote(item)}, which is no step`);
  if (weight <= 0 || weight > 100) return problem(`has ${percent}, which is not above 0 and at most 100`);
  if (time === undefined) return { value: { kind: "weight", weight } };
  const least = parseTime(time);
  if ("problems" in least) return problem(`has ${quote(item)}, whose time ${least.problems[0]}`);
  return { value: { kind: "weight", weight, leastMs: least.value } };
}

function parseChecks(text: string): Parsed<readonly Check[]> {
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

const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

function parseService(name: string): Parsed<string> {
  return label.test(name) ? { value: name } : problem(`has ${quote(name)}, which is no name of a Service`);
}

function parseRoute(item: string): Parsed<RouteName> {
  const parts = item.split("/");
  const name = parts.pop() ?? "";
  const [namespace, ...rest] = parts;
  const named = name.length <= 253 && name.split(".").every((part) => label.test(part));
  const placed = namespace === undefined || label.test(namespace);
  if (!named || !placed || rest.length > 0) return problem(`has ${quote(item)}, which is no name of a route`);
  return { value: namespace === undefined ? { name } : { namespace, name } };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
