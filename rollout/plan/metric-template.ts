import { type Parsed, parseTime, problem, quote } from "../text/parse.ts";
import { nearest } from "../text/suggest.ts";
import type { Complaint } from "./complaints.ts";
import { type Variables, variableProblem } from "./variables.ts";

/** A query with gaps, and where to ask it. */
export interface Template {
  readonly query: readonly Piece[];
  /** The name of a source: `prometheus`, or of a Secret that an administrator names. */
  readonly source: string;
  /** As written: what `{{ interval }}` renders to. */
  readonly interval: string;
  readonly intervalMs: number;
  /** For messages: "ms". */
  readonly unit?: string;
  /** What the variables are unless the Deployment says otherwise. */
  readonly variables: Variables;
}

/** Whose numbers are asked for. Absent: there is none. */
export interface Subject {
  readonly namespace: string;
  /** The Deployment. */
  readonly target: string;
  /** The user's Service. Published queries append `-canary` themselves. */
  readonly service?: string | undefined;
  readonly route?: string | undefined;
  /** The canary's, whose name is the beginning of its pods' names. */
  readonly replicaSet?: string | undefined;
}

type Name = (typeof names)[number];
type Piece = string | { readonly name: Name } | { readonly variable: string };

// Flagger's, and `replicaset`: its target's pods are the canary, ours are both versions.
const names = [
  "name",
  "namespace",
  "target",
  "service",
  "ingress",
  "route",
  "replicaset",
  "interval",
] as const;
const keys = ["query", "interval", "source", "unit", "variables"];
const longestQuery = 16_384;
const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Reads the data of a template's ConfigMap, or tells everything that is wrong with it. `readYaml` reads YAML with
 * all scalars as text and may throw.
 */
export function parseTemplate(
  data: Readonly<Record<string, string>>,
  readYaml: (text: string) => unknown,
): { readonly template: Template } | { readonly complaints: readonly Complaint[] } {
  const complaints = Object.entries(data).flatMap(([key, value]) =>
    keys.includes(key) ? [] : [unknownKey(key, value)],
  );
  const read = <T>(key: string, usual: string, expected: string, parse: (text: string) => Parsed<T>) => {
    const value = data[key] ?? usual;
    const parsed = parse(value.trim());
    if ("value" in parsed) return parsed.value;
    complaints.push(...parsed.problems.map((problem) => ({ key, value, problem, expected })));
    return undefined;
  };
  const interval = (data.interval ?? "1m").trim();
  const query = read("query", "", "a query", parseQuery);
  const intervalMs = read("interval", "1m", "a duration from 1s to 168h", parseInterval);
  const source = read("source", "prometheus", "prometheus or the name of a Secret", parseSource);
  const unit = read("unit", "", "a short text", parseUnit);
  const variables = read("variables", "", "a map in YAML", (text) => parseMap(text, readYaml));
  if (!query || !intervalMs || !source || unit === undefined || !variables || complaints.length > 0) {
    return { complaints };
  }
  return { template: { query, source, interval, intervalMs, ...(unit && { unit }), variables } };
}

/** Fills the gaps, or tells which ones cannot be. The Deployment's variables win over the template's. */
export function render(template: Template, subject: Subject, given: Variables): Parsed<string> {
  const variables = { ...template.variables, ...given };
  const { namespace, target, service, route, replicaSet } = subject;
  const values: Record<Name, string | undefined> = {
    name: target,
    namespace,
    target,
    service,
    ingress: route,
    route,
    replicaset: replicaSet,
    interval: template.interval,
  };
  const problems: string[] = [];
  let text = "";
  for (const piece of template.query) {
    if (typeof piece === "string") {
      text += piece;
      continue;
    }
    const value = "name" in piece ? values[piece.name] : own(variables, piece.variable);
    if (value === undefined) problems.push("name" in piece ? absent(piece.name) : unset(piece, variables));
    else if ("variable" in piece && template.source === "prometheus" && !isContained(value, text)) {
      problems.push(
        `uses {{ variables.${piece.variable} }} outside of quotes, where it can only be one word`,
      );
    }
    text += value ?? "";
  }
  return problems.length > 0 ? { problems: [...new Set(problems)] } : { value: text };
}

/** Whether PromQL that goes on with this value keeps its meaning: the value is in a string, or a name or number. */
function isContained(value: string, before: string): boolean {
  if (/^[\w.:]*$/.test(value)) return true;
  let quote = "";
  for (let i = 0; i < before.length; i++) {
    const sign = before[i] ?? "";
    if (quote === "" && `"'\``.includes(sign)) quote = sign;
    else if (sign === "\\" && quote !== "`") i += quote === "" ? 0 : 1;
    else if (sign === quote) quote = "";
  }
  return quote !== "";
}

function own(variables: Variables, name: string): string | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}

function absent(name: Name): string {
  const what = { service: "Service", replicaset: "ReplicaSet", route: "route", ingress: "route" }[
    name as "service" | "replicaset" | "route" | "ingress"
  ];
  return `uses {{ ${name} }}, but this rollout has no ${what}`;
}

function unset({ variable }: { readonly variable: string }, variables: Variables): string {
  const near = nearest(variable, Object.keys(variables));
  const meant = near === undefined ? "" : `; did you mean ${near}?`;
  return `uses {{ variables.${variable} }}, which nothing sets${meant}`;
}

/** The subset of Go's templates that published queries use: names, fields of `variables`, marks that trim. */
function parseQuery(text: string): Parsed<readonly Piece[]> {
  if (text === "") return problem("is missing");
  if (text.length > longestQuery) {
    return problem(`has ${text.length} characters, more than ${longestQuery}`);
  }
  const [first = "", ...rest] = text.split("{{");
  const pieces: Piece[] = [first];
  const problems: string[] = [];
  for (const part of rest) {
    const end = part.indexOf("}}");
    if (end < 0) return problem("opens {{ and does not close it");
    const inside = part.slice(0, end);
    const after = part.slice(end + 2);
    if (/^-\s/.test(inside)) pieces.push(String(pieces.pop()).trimEnd());
    const gap = parseGap(inside.replace(/^-(?=\s)/, "").replace(/(?<=\s)-$/, ""));
    if ("value" in gap) pieces.push(gap.value);
    else problems.push(...gap.problems);
    pieces.push(/\s-$/.test(inside) ? after.trimStart() : after);
  }
  return problems.length > 0 ? { problems: [...new Set(problems)] } : { value: pieces };
}

function parseGap(inside: string): Parsed<Piece> {
  const code = inside.trim();
  const name = names.find((known) => known === code);
  if (name !== undefined) return { value: { name } };
  const variable = /^variables\.([A-Za-z_]\w*)$/.exec(code)?.[1];
  if (variable !== undefined) return { value: { variable } };
  if (!/^[\w.]+$/.test(code)) {
    return problem(
      `has ${quote(`{{ ${code} }}`)}, but only names can stand there, no functions or conditions`,
    );
  }
  const near = nearest(code, names);
  const meant = near === undefined ? `it knows ${names.join(", ")} and variables.…` : `did you mean ${near}?`;
  return problem(`has ${quote(`{{ ${code} }}`)}, an unknown name; ${meant}`);
}

/** A duration as Go writes it, or in whole minutes as Graphite writes it (`1min`). */
function parseInterval(text: string): Parsed<number> {
  return parseTime(text.replace(/^(\d{1,6}m)in$/, "$1"));
}

function parseSource(text: string): Parsed<string> {
  return label.test(text) ? { value: text } : problem("is no name of a Secret");
}

function parseUnit(text: string): Parsed<string> {
  if (text.length > 20 || /\p{Cc}/u.test(text)) return problem("is no unit");
  return { value: text };
}

function parseMap(text: string, readYaml: (text: string) => unknown): Parsed<Variables> {
  if (text === "") return { value: {} };
  if (text.length > longestQuery) {
    return problem(`has ${text.length} characters, more than ${longestQuery}`);
  }
  let map: unknown;
  try {
    map = readYaml(text);
  } catch {
    return problem("is no YAML");
  }
  if (typeof map !== "object" || map === null || Array.isArray(map)) return problem("is no map");
  const problems = Object.entries(map).flatMap(([name, value]) => {
    if (typeof value !== "string") return [`has ${quote(name)}, whose value is no text`];
    return variableProblem(name, value) ?? [];
  });
  return problems.length > 0 ? { problems } : { value: map as Variables };
}

function unknownKey(key: string, value: string): Complaint {
  const near = nearest(key, keys);
  const expected = near === undefined ? `one of ${keys.join(", ")}` : `the key ${near}`;
  return { key, value, problem: "is an unknown key", expected };
}
