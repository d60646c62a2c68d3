import { formatDuration } from "../text/duration.ts";
import { type Parsed, problem } from "../text/parse.ts";
import { type Annotation, remedyOf } from "./annotation.ts";
import { annotations as table } from "./annotations.ts";
import { type Complaint, complaint } from "./complaints.ts";
import { judgedBy } from "./judged-by.ts";
import { keyComplaints } from "./known-keys.ts";
import type { OrderName } from "./orders.ts";
import type { Step } from "./steps.ts";
import { isSwitch, type Strategy, stepsOf, strategies, strategiesWith } from "./strategy.ts";

type Table = typeof table;
type Name = keyof Table;
type ValueOf<K extends Name> = Table[K]["parse"] extends (text: string) => Parsed<infer T> ? T : never;
/** The rows that always have a value. */
type Filled = { [K in Name]: Table[K] extends { default: string } | { absent: unknown } ? K : never }[Name];

/** The values of the rows of the annotation table, each under the row's name. */
export type PlanSettings = { readonly [K in Filled]: ValueOf<K> } & {
  readonly [K in Exclude<Name, Filled>]?: ValueOf<K>;
};

/** The revisions that people ask to promote, advance, abort or retry. */
type Orders = Pick<PlanSettings, OrderName>;

/** The settings that the steps are made of, and those that are not about a rollout. */
type Consumed = "steps" | "iterations" | "mirror" | "profile" | OrderName;

/** A Deployment's annotations as values, with every default filled in. */
export interface Plan extends Omit<PlanSettings, Consumed> {
  /** Weights strictly increase. Pauses stand between, before or after the judged steps; at least one step is judged. */
  readonly steps: readonly Step[];
  /** Whether the user wrote no checks. */
  readonly checksAreDefault: boolean;
  readonly orders: Orders;
}

/** A plan, or everything that is wrong with the annotations. */
export type ParsedPlan = { readonly plan: Plan } | { readonly complaints: readonly Complaint[] };

type Given = Readonly<Record<string, string>>;
interface Read {
  readonly settings: PlanSettings;
  readonly complaints: readonly Complaint[];
}

const names = Object.keys(table) as readonly Name[];
const LONGEST_VALUE = 4096;
const FULL_SIZE = { kind: "percent", percent: 100 } as const;

/** Whether a Deployment with these annotations asks for rollouts by Serin, rightly or wrongly. */
export function isOptedIn(given: Given | undefined): boolean {
  return given !== undefined && Object.hasOwn(given, table.strategy.key);
}

/** Reads the plan of an opted-in Deployment, or returns everything that is wrong with it. */
export function parsePlan(given: Given): ParsedPlan {
  const { settings, complaints: faulty } = readSettings(given);
  const complaints = [
    ...keyComplaints(given),
    ...faulty,
    ...strategyComplaints(settings, given),
    ...intervalComplaints(settings, given, faulty),
  ];
  return complaints.length > 0 ? { complaints } : { plan: planFrom(settings, given) };
}

/** Reads every row. A faulty value counts as its default meanwhile, so that the other complaints are found too. */
function readSettings(given: Given): Read {
  const chosen = readValue(table.strategy, given[table.strategy.key]);
  const strategy: Strategy = "value" in chosen ? chosen.value : table.strategy.absent;
  const settings: Record<string, unknown> = {};
  const complaints: Complaint[] = [];
  for (const name of names) {
    const row: Annotation<unknown> = table[name];
    const text = given[row.key];
    const written = text === undefined ? undefined : readValue(row, text);
    if (written !== undefined && "problems" in written) {
      complaints.push(...written.problems.map((one) => complaint(row.key, { use: remedyOf(row), ...one })));
    }
    const value = written && "value" in written ? written.value : defaultOf(name, row, strategy);
    if (value !== undefined) settings[name] = value;
  }
  // The loop fills every row by the row's own parser, as the mapped type says.
  return { settings: settings as unknown as PlanSettings, complaints };
}

function readValue<T>(row: Annotation<T>, text: string | undefined): Parsed<T> {
  if (text === undefined) return problem("missing");
  // Checked before any grammar sees the text: no value costs more than a short one.
  if (text.length > LONGEST_VALUE) {
    return problem(`${text.length} characters`, `use at most ${LONGEST_VALUE}`);
  }
  return row.parse(text);
}

function defaultOf(name: Name, row: Annotation<unknown>, strategy: Strategy): unknown {
  const { defaults }: { defaults: Readonly<Record<string, string>> } = strategies[strategy];
  const text = defaults[name] ?? row.default;
  if (text === undefined) return row.absent;
  const parsed = row.parse(text);
  if ("value" in parsed) return parsed.value;
  throw new Error(`${row.key}: invalid default ${text}`);
}

/** Complains about values that do not fit the strategy. */
function strategyComplaints(settings: PlanSettings, given: Given): Complaint[] {
  const { strategy, steps, size, match } = settings;
  const row = strategies[strategy];
  const wants = (annotation: Annotation<unknown>, what: string, use = remedyOf(annotation)) =>
    complaint(annotation.key, { what, use });
  const isFull = size.kind === FULL_SIZE.kind && size.percent === FULL_SIZE.percent;
  return [
    ...(isOptedIn(given) ? [] : [wants(table.strategy, "missing")]),
    ...misplaced(strategy, given),
    ...(row.switches && !isSwitch(steps)
      ? [
          wants(
            table.steps,
            `${strategy} does not share the traffic`,
            'use one switch, such as "pause, 100:10m"',
          ),
        ]
      : []),
    ...(row.switches && !isFull
      ? [wants(table.size, `too few pods: the canary of a ${strategy} rollout gets all traffic`, "use 100%")]
      : []),
    ...(row.matchesOnly && match === undefined && given[table.match.key] === undefined
      ? [wants(table.match, "missing")]
      : []),
  ];
}

/** Annotations of other strategies. */
function misplaced(strategy: Strategy, given: Given): Complaint[] {
  const foreign = names.filter(
    (name) => given[table[name].key] !== undefined && !strategiesWith(name).includes(strategy),
  );
  return foreign.map((name) => {
    const use = `use ${table.strategy.key}: ${strategiesWith(name).join(" or ")}, or remove this annotation`;
    return complaint(table[name].key, { what: `${strategy} does not use this annotation`, use });
  });
}

function intervalComplaints(
  { intervalMs, maxIntervalMs }: PlanSettings,
  given: Given,
  faulty: readonly Complaint[],
): Complaint[] {
  const { key } = table.maxIntervalMs;
  const isFaulty = faulty.some((one) => [key, table.intervalMs.key].some((each) => each === one.key));
  if (given[key] === undefined || maxIntervalMs >= intervalMs || isFaulty) return [];
  const use = `use at least ${formatDuration(intervalMs)}`;
  return [complaint(key, { what: `shorter than ${table.intervalMs.key}`, use })];
}

function planFrom(settings: PlanSettings, given: Given): Plan {
  // The values of the profile are among `given` already (layers.ts).
  const { steps, iterations, mirror, profile: _profile, promote, advance, abort, retry, ...rest } = settings;
  const { strategy, intervalMs, maxIntervalMs, compare, checks } = rest;
  const checksAreDefault = given[table.checks.key] === undefined;
  const isWaitDefault = given[table.maxIntervalMs.key] === undefined;
  return {
    ...rest,
    steps: stepsOf(strategy, { steps, intervalMs, iterations, ...(mirror !== undefined && { mirror }) }),
    maxIntervalMs: isWaitDefault ? Math.max(intervalMs, maxIntervalMs) : maxIntervalMs,
    checks: judgedBy({ strategy, compare, checks, checksAreDefault }, []).checks,
    checksAreDefault,
    orders: {
      ...(promote !== undefined && { promote }),
      ...(advance !== undefined && { advance }),
      ...(abort !== undefined && { abort }),
      ...(retry !== undefined && { retry }),
    },
  };
}
