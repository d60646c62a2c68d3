import { type Parsed, parseList, parseTime, problem, quote } from "../text/parse.ts";

/** A share of traffic for the canary, and how long it has it at least before the checks may send it on. */
export interface WeightStep {
  readonly kind: "weight";
  /** Percent of traffic: 0 < weight <= 100, at most two decimals. */
  readonly weight: number;
  readonly leastMs: number;
}

/** A stop that only `kubectl rollout resume` ends. */
export interface PauseStep {
  readonly kind: "pause";
}

/** Copies of requests for the canary, before any user's. */
export interface MirrorStep {
  readonly kind: "mirror";
  /** Percent of the requests that are copied: 0 < percent <= 100. */
  readonly percent: number;
  readonly leastMs: number;
}

/** The canary for those who match, and for nobody else. */
export interface MatchStep {
  readonly kind: "match";
  readonly leastMs: number;
}

/** A step that lasts until the evidence sends it on. */
export type JudgedStep = WeightStep | MirrorStep | MatchStep;

/** A stage of the plan. */
export type Step = JudgedStep | PauseStep;

/** A step as written: without a time of its own it takes the plan's interval. */
export type WrittenStep = (Omit<WeightStep, "leastMs"> & { readonly leastMs?: number }) | PauseStep;

/** The steps of a plan: increasing percentages, with pauses between. */
export function parseSteps(text: string): Parsed<readonly WrittenStep[]> {
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
