import { type Annotation, later, annotations as table } from "./annotations.ts";
import { type Check, parseChecks } from "./checks.ts";
import type { CompareChoice } from "./compare.ts";
import { describeDuration, formatDuration } from "./duration.ts";
import { FLIGHT, HELD, ISOLATE, RUN } from "./keys.ts";
import type { RouteName } from "./names.ts";
import { nearest } from "./nearest.ts";
import type { Step } from "./steps.ts";
import type { Variables } from "./variables.ts";

/** The revisions that people ask to promote, abort or retry. */
export interface Verbs {
  readonly promote?: number;
  readonly abort?: number;
  readonly retry?: number;
}

/** What the annotations of a Deployment ask for, with every default filled in. */
export interface Plan {
  /** Weights strictly increase; at least one of them is there; pauses stand between, before or after them. */
  readonly steps: readonly Step[];
  readonly intervalMs: number;
  /** Go on without data after this long, except at the last step. */
  readonly maxIntervalMs: number;
  readonly checks: readonly Check[];
  readonly checksAreDefault: boolean;
  readonly compare: CompareChoice;
  readonly metrics: "gateway" | "application";
  /** For the queries of metric templates. */
  readonly variables: Variables;
  readonly onFailure: "hold" | "undo";
  /** Absent: found by selector. */
  readonly services?: readonly string[];
  /** Absent: found by backendRef. */
  readonly routes?: readonly RouteName[];
  readonly restart: "native" | "canary";
  readonly verbs: Verbs;
}

/** One thing that is wrong with one annotation. */
export interface Complaint {
  readonly key: string;
  readonly value: string;
  /** What is wrong, to be read after the value: `goes down from 10 to 5`. */
  readonly problem: string;
  /** What would be right, to be read after "expected". */
  readonly expected: string;
}

export type ParsedPlan = { readonly plan: Plan } | { readonly complaints: readonly Complaint[] };

type Given = Readonly<Record<string, string>>;
type Defaulted<T> = Annotation<T> & { readonly default: string };

/** What decides where nothing else is asked for. */
const ALONE = (parseChecks("success-rate >= 99%") as { value: readonly Check[] }).value;

const prefix = "serin.dev/";
const known = Object.values(table).map((annotation) => annotation.key);
const ours: readonly string[] = [HELD, RUN, FLIGHT];
const longestValue = 4096;
const mostLines = 20;

/** Whether a Deployment with these annotations asks for rollouts by Serin, rightly or wrongly. */
export function isOptedIn(given: Given | undefined): boolean {
  return given !== undefined && Object.hasOwn(given, table.rollout.key);
}

/** Reads the plan of an opted-in Deployment, or tells everything that is wrong with it. */
export function parsePlan(given: Given): ParsedPlan {
  const complaints = Object.entries(given).flatMap(([key, value]) => complaintsAboutKey(key, value));
  const optional = <T>(annotation: Annotation<T>): T | undefined => {
    const text = given[annotation.key];
    if (text === undefined) return undefined;
    const parsed = parseValue(annotation, text);
    if ("value" in parsed) return parsed.value;
    complaints.push(...parsed.complaints);
    return undefined;
  };
  // A faulty value counts as its default meanwhile, so that the other complaints are found too.
  const required = <T>(annotation: Defaulted<T>): T => optional(annotation) ?? defaultOf(annotation);

  if (optional(table.rollout) === undefined && !isOptedIn(given)) complaints.push(missing(table.rollout));
  const intervalMs = required(table.interval);
  const steps = required(table.steps);
  const maxIntervalMs = optional(table.maxInterval) ?? Math.max(intervalMs, defaultOf(table.maxInterval));
  const faulty = complaints.some(({ key }) => key === table.interval.key);
  if (maxIntervalMs < intervalMs && !faulty) complaints.push(shorterThan(intervalMs, given));
  const compare = required(table.compare);
  const services = optional(table.services);
  const routes = optional(table.routes);
  const plan: Plan = {
    steps: steps.map((step) => (step.kind === "weight" ? { leastMs: intervalMs, ...step } : step)),
    intervalMs,
    maxIntervalMs,
    checks: optional(table.checks) ?? (compare === "off" ? ALONE : []),
    checksAreDefault: given[table.checks.key] === undefined,
    compare,
    metrics: required(table.metrics),
    variables: optional(table.variables) ?? {},
    onFailure: required(table.onFailure),
    ...(services && { services }),
    ...(routes && { routes }),
    restart: required(table.restart),
    verbs: present({
      promote: optional(table.promote),
      abort: optional(table.abort),
      retry: optional(table.retry),
    }),
  };
  return complaints.length > 0 ? { complaints } : { plan };
}

/** One line for each complaint, for a terminal. */
export function formatComplaints(complaints: readonly Complaint[]): string {
  const lines = complaints.slice(0, mostLines).map(({ key, value, problem, expected }) => {
    return `${key}: ${quote(value)} ${problem}; expected ${expected}`;
  });
  const rest = complaints.length - lines.length;
  return [...lines, ...(rest > 0 ? [`… and ${rest} more`] : [])].join("\n");
}

/** The plan in one line: `canary 10→25→50 %, at least 3 min; compared with stable; checks success-rate >= 99%`. */
export function describePlan(plan: Plan): string {
  const weights = plan.steps.map((step) => (step.kind === "weight" ? step.weight : "pause")).join("→");
  const leastMs = plan.steps.reduce((sum, step) => sum + (step.kind === "weight" ? step.leastMs : 0), 0);
  const checks = plan.checks.map((check) => check.text).join(", ");
  const judged = [
    ...(plan.compare === "off" ? [] : ["compared with stable"]),
    ...(checks === "" ? [] : [`checks ${checks}`]),
  ];
  const by = judged.join("; ") || "no checks but the health of the pods";
  return `canary ${weights} %, at least ${describeDuration(leastMs)}; ${by}`;
}

function parseValue<T>(annotation: Annotation<T>, text: string): { value: T } | { complaints: Complaint[] } {
  // Asked before any grammar sees the text: no value costs more than a short one.
  if (text.length > longestValue) {
    return {
      complaints: [complaint(annotation, text, `has ${text.length} characters, more than ${longestValue}`)],
    };
  }
  const parsed = annotation.parse(text);
  if ("value" in parsed) return parsed;
  return { complaints: parsed.problems.map((problem) => complaint(annotation, text, problem)) };
}

function defaultOf<T>(annotation: Defaulted<T>): T {
  const parsed = annotation.parse(annotation.default);
  if ("value" in parsed) return parsed.value;
  throw new Error(`the default of ${annotation.key} ${parsed.problems.join(", ")}`);
}

function complaintsAboutKey(key: string, value: string): Complaint[] {
  if (!key.startsWith(prefix) || known.includes(key) || ours.includes(key)) return [];
  if (key === ISOLATE) return [{ key, value, problem: "is for Services only", expected: "it on a Service" }];
  if (later.includes(key)) {
    return [{ key, value, problem: "is not available in this version", expected: "no such annotation" }];
  }
  const near = nearest(
    key.slice(prefix.length),
    known.map((name) => name.slice(prefix.length)),
  );
  const expected = near === undefined ? `one of ${known.join(", ")}` : `the key ${prefix}${near}`;
  return [{ key, value, problem: "has an unknown key", expected }];
}

function missing(annotation: Annotation<unknown>): Complaint {
  return complaint(annotation, "", "is missing");
}

function shorterThan(intervalMs: number, given: Given): Complaint {
  const { key } = table.maxInterval;
  const problem = `is shorter than ${table.interval.key}`;
  return { key, value: given[key] ?? "", problem, expected: `at least ${formatDuration(intervalMs)}` };
}

function complaint(annotation: Annotation<unknown>, value: string, problem: string): Complaint {
  const { key, form, example } = annotation;
  const sample = annotation.default ?? example;
  // An enumeration already names every value.
  const expected = form.includes(sample) ? form : `${form} such as "${sample}"`;
  return { key, value, problem, expected };
}

function present(verbs: { readonly [name in keyof Verbs]: Verbs[name] | undefined }): Verbs {
  return Object.fromEntries(Object.entries(verbs).filter(([, revision]) => revision !== undefined));
}

function quote(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}
