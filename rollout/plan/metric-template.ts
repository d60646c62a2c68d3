import { isDnsLabel } from "../text/dns.ts";
import { invalid, isRecord, type Parsed, type Problem, parseTime, problem } from "../text/parse.ts";
import { quote } from "../text/quote.ts";
import { nearest } from "../text/suggest.ts";
import { type Complaint, complaint } from "./complaints.ts";
import { unknownKey } from "./known-keys.ts";
import { LONGEST_QUERY, type Name, type Piece, parseQuery } from "./template-query.ts";
import { type Variables, variableProblem } from "./variables.ts";

/** A query with gaps, and the provider that answers it. */
export interface Template {
  readonly query: readonly Piece[];
  /** The name of a provider: `prometheus`, or of a Secret that an administrator names. */
  readonly source: string;
  /** As written: the text of `{{ interval }}`. */
  readonly interval: string;
  readonly intervalMs: number;
  /** For messages: "ms". */
  readonly unit?: string;
  /** The values of variables that the Deployment does not set. */
  readonly variables: Variables;
}

/** The rollout that a query is about. A field is absent if the rollout has no such object. */
export interface Subject {
  readonly namespace: string;
  /** The Deployment. */
  readonly target: string;
  /** The user's Service. Published queries append `-canary` themselves. */
  readonly service?: string | undefined;
  readonly route?: string | undefined;
  /** The canary's ReplicaSet. The names of its pods begin with its name. */
  readonly replicaSet?: string | undefined;
}

const KEYS = ["query", "interval", "source", "unit", "variables"];

/**
 * Reads the data of a template's ConfigMap, or returns everything that is wrong with it. `readYaml` reads YAML with
 * all scalars as text and may throw.
 */
export function parseTemplate(
  data: Readonly<Record<string, string>>,
  readYaml: (text: string) => unknown,
): { readonly template: Template } | { readonly complaints: readonly Complaint[] } {
  const complaints: Complaint[] = Object.keys(data)
    .filter((key) => !KEYS.includes(key))
    .map((key) => unknownKey(key, KEYS, "key"));
  const read = <T>(key: string, usual: string, use: string, parse: (text: string) => Parsed<T>) => {
    const parsed = parse((data[key] ?? usual).trim());
    if ("value" in parsed) return parsed.value;
    complaints.push(...parsed.problems.map((one) => complaint(key, { use, ...one })));
    return undefined;
  };
  const interval = (data.interval ?? "1m").trim();
  const query = read("query", "", "use a query", parseQuery);
  const intervalMs = read("interval", "1m", "use a duration from 1s to 168h", parseInterval);
  const source = read("source", "prometheus", "use prometheus or the name of a Secret", parseSource);
  const unit = read("unit", "", "use a text of up to 20 characters", parseUnit);
  const variables = read("variables", "", "use a map of texts in YAML", (text) => parseMap(text, readYaml));
  if (!query || !intervalMs || !source || unit === undefined || !variables || complaints.length > 0) {
    return { complaints };
  }
  return { template: { query, source, interval, intervalMs, ...(unit && { unit }), variables } };
}

/** Fills the gaps, or returns those without a value. The Deployment's variables win over the template's. */
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
  const problems: Problem[] = [];
  let text = "";
  for (const piece of template.query) {
    if (typeof piece === "string") {
      text += piece;
      continue;
    }
    const value = "name" in piece ? values[piece.name] : own(variables, piece.variable);
    if (value === undefined) problems.push("name" in piece ? absent(piece.name) : unset(piece, variables));
    else if ("variable" in piece && template.source === "prometheus" && !isContained(value, text)) {
      problems.push({
        what: `{{ variables.${piece.variable} }} is outside of quotes`,
        use: "put it in quotes, or use one word as its value",
      });
    }
    text += value ?? "";
  }
  return problems.length > 0 ? { problems } : { value: text };
}

/** Whether a value cannot change the meaning of PromQL: it is a name or a number, or `before` leaves a string open. */
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

const KINDS: Readonly<Partial<Record<Name, string>>> = {
  service: "Service",
  replicaset: "ReplicaSet",
  route: "route",
  ingress: "route",
};

function absent(name: Name): Problem {
  return { what: `no value for {{ ${name} }}`, use: `this rollout has no ${KINDS[name] ?? name}` };
}

function unset({ variable }: { readonly variable: string }, variables: Variables): Problem {
  const meant = nearest(variable, Object.keys(variables));
  const what = `no value for {{ variables.${variable} }}`;
  return { what, ...(meant === undefined ? { use: "set it in serin.dev/variables" } : { meant }) };
}

/** A duration as Go writes it, or in whole minutes as Graphite writes it (`1min`). */
function parseInterval(text: string): Parsed<number> {
  return parseTime(text.replace(/^(\d{1,6}m)in$/, "$1"));
}

function parseSource(text: string): Parsed<string> {
  return isDnsLabel(text) ? { value: text } : invalid(text);
}

function parseUnit(text: string): Parsed<string> {
  return text.length > 20 || /\p{Cc}/u.test(text) ? invalid(text) : { value: text };
}

function parseMap(text: string, readYaml: (text: string) => unknown): Parsed<Variables> {
  if (text === "") return { value: {} };
  if (text.length > LONGEST_QUERY)
    return problem(`${text.length} characters`, `use at most ${LONGEST_QUERY}`);
  let map: unknown;
  try {
    map = readYaml(text);
  } catch {
    return problem("invalid YAML");
  }
  if (!isRecord(map)) return invalid(text);
  const problems = Object.entries(map).flatMap(([name, value]) => {
    if (typeof value !== "string") return [{ what: `the value of ${quote(name)} is not a text` }];
    return variableProblem(name, value) ?? [];
  });
  return problems.length > 0 ? { problems } : { value: map as Variables };
}
