import { CHANGED, FLIGHT, HELD, ISOLATE, RUN } from "../keys.ts";
import { formatDuration } from "../text/duration.ts";
import { nearest } from "../text/suggest.ts";
import type { Match } from "../traffic/matches.ts";
import { type Annotation, annotations as table } from "./annotations.ts";
import { type Check, parseChecks } from "./checks.ts";
import type { CompareChoice } from "./compare.ts";
import type { Complaint } from "./complaints.ts";
import type { Hook } from "./hooks.ts";
import type { RouteName } from "./names.ts";
import { describeSize, type Size } from "./size.ts";
import type { Step } from "./steps.ts";
import { isSwitch, type Kind, SWITCH, stepsOf } from "./strategy.ts";
import type { Variables } from "./variables.ts";

/** The revisions that people ask to promote, abort or retry. */
export interface Orders {
  readonly promote?: number;
  readonly abort?: number;
  readonly retry?: number;
}

/** What the annotations of a Deployment ask for, with every default filled in. */
export interface Plan {
  readonly kind: Kind;
  /** Weights strictly increase; pauses stand between, before or after the judged steps, of which there is one at least. */
  readonly steps: readonly Step[];
  readonly intervalMs: number;
  /** Go on without data after this long, except at the last step. */
  readonly maxIntervalMs: number;
  /** Who always gets the canary; in an ab-test nobody else does. */
  readonly match?: readonly Match[];
  /** How long a version is kept for a user after his last request; absent: every request is drawn anew. */
  readonly stickyMs?: number;
  readonly size: Size;
  readonly checks: readonly Check[];
  readonly checksAreDefault: boolean;
  readonly compare: CompareChoice;
  readonly metrics: "gateway" | "application";
  /** For the queries of metric templates. */
  readonly variables: Variables;
  /** In the order in which they were written. */
  readonly hooks: readonly Hook[];
  readonly onFailure: "hold" | "undo";
  /** Absent: found by selector. */
  readonly services?: readonly string[];
  /** Absent: found by backendRef. */
  readonly routes?: readonly RouteName[];
  readonly restart: "native" | "canary";
  /** Whether changed ConfigMaps and Secrets start a canary. */
  readonly track: "on" | "off";
  readonly verbs: Orders;
}

export type ParsedPlan = { readonly plan: Plan } | { readonly complaints: readonly Complaint[] };

type Given = Readonly<Record<string, string>>;
type Defaulted<T> = Annotation<T> & { readonly default: string };

const BY_WEIGHT: Size = { kind: "weight" };
const FULL: Size = { kind: "percent", percent: 100 };
/** What decides where nothing else is asked for. */
const ALONE = (parseChecks("success-rate >= 99%") as { value: readonly Check[] }).value;

const prefix = "serin.dev/";
const known = Object.values(table).map((annotation) => annotation.key);
const ours: readonly string[] = [HELD, RUN, FLIGHT, CHANGED];
const longestValue = 4096;

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

  const kind = optional(table.rollout) ?? "canary";
  if (!isOptedIn(given)) complaints.push(missing(table.rollout));
  complaints.push(...misplaced(kind, given));
  const intervalMs = required(table.interval);
  const written = optional(table.steps) ?? (kind === "blue-green" ? SWITCH : defaultOf(table.steps));
  if (kind === "blue-green" && !isSwitch(written)) {
    complaints.push(wrong(table.steps, given, "shares the traffic", 'one switch such as "pause, 100:10m"'));
  }
  const iterations = required(table.iterations);
  const mirror = optional(table.mirror);
  const steps = stepsOf(kind, { steps: written, intervalMs, iterations, ...(mirror && { mirror }) });
  const match = optional(table.match);
  if (kind === "ab-test" && match === undefined && given[table.match.key] === undefined) {
    complaints.push(complaint(table.match, "", "is missing"));
  }
  const stickyMs = optional(table.sticky);
  const size = optional(table.size) ?? (kind === "canary" ? BY_WEIGHT : FULL);
  if (kind === "blue-green" && describeSize(size) !== describeSize(FULL)) {
    complaints.push(wrong(table.size, given, "is less than all the traffic needs", "100%"));
  }
  const maxIntervalMs = optional(table.maxInterval) ?? Math.max(intervalMs, defaultOf(table.maxInterval));
  const faulty = complaints.some(({ key }) => key === table.interval.key);
  if (maxIntervalMs < intervalMs && !faulty) complaints.push(shorterThan(intervalMs, given));
  const compare = required(table.compare);
  const services = optional(table.services);
  // What the profile says is among `given` already (defaults.ts); here only its name is checked.
  optional(table.profile);
  const routes = optional(table.routes);
  const plan: Plan = {
    kind,
    steps,
    intervalMs,
    maxIntervalMs,
    ...(match && { match }),
    ...(stickyMs !== undefined && { stickyMs }),
    size,
    checks: optional(table.checks) ?? (compare === "off" || kind !== "canary" ? ALONE : []),
    checksAreDefault: given[table.checks.key] === undefined,
    compare,
    metrics: required(table.metrics),
    variables: optional(table.variables) ?? {},
    hooks: optional(table.hooks) ?? [],
    onFailure: required(table.onFailure),
    ...(services && { services }),
    ...(routes && { routes }),
    restart: required(table.restart),
    track: required(table.track),
    verbs: present({
      promote: optional(table.promote),
      abort: optional(table.abort),
      retry: optional(table.retry),
    }),
  };
  return complaints.length > 0 ? { complaints } : { plan };
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
  const near = nearest(
    key.slice(prefix.length),
    known.map((name) => name.slice(prefix.length)),
  );
  const expected = near === undefined ? `one of ${known.join(", ")}` : `the key ${prefix}${near}`;
  return [{ key, value, problem: "has an unknown key", expected }];
}

/** What is there and has no meaning for this kind of rollout. */
function misplaced(kind: Kind, given: Given): Complaint[] {
  const foreign = Object.values<Annotation<unknown>>(table).filter(
    ({ key, only }) => given[key] !== undefined && only !== undefined && !only.includes(kind),
  );
  return foreign.map(({ key, only = [] }) => {
    const expected = `${table.rollout.key} ${only.join(" or ")}, or no such annotation`;
    return { key, value: given[key] ?? "", problem: `has no meaning for ${kind}`, expected };
  });
}

function wrong(annotation: Annotation<unknown>, given: Given, problem: string, expected: string): Complaint {
  return { key: annotation.key, value: given[annotation.key] ?? "", problem, expected };
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

function present(verbs: { readonly [name in keyof Orders]: Orders[name] | undefined }): Orders {
  return Object.fromEntries(Object.entries(verbs).filter(([, revision]) => revision !== undefined));
}
