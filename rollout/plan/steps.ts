import { type Parsed, type Problem, parseList, parseTime, problem } from "../text/parse.ts";
import { quote } from "../text/quote.ts";

/** A share of traffic for the canary, and the shortest time before the canary may continue. */
interface WeightStep {
  readonly kind: "weight";
  /** Percent of traffic: 0 < weight <= 100, at most two decimals. */
  readonly weight: number;
  readonly leastMs: number;
}

/** A stop that only `kubectl rollout resume` ends. */
interface PauseStep {
  readonly kind: "pause";
}

/** Copies of requests for the canary, before any user reaches it. */
interface MirrorStep {
  readonly kind: "mirror";
  /** Percent of the requests that are copied: 0 < percent <= 100. */
  readonly percent: number;
  readonly leastMs: number;
}

/** The canary for matching users only. */
interface MatchStep {
  readonly kind: "match";
  readonly leastMs: number;
}

/** A step that lasts until the evidence is enough. */
export type JudgedStep = WeightStep | MirrorStep | MatchStep;

/** A stage of the plan. */
export type Step = JudgedStep | PauseStep;

/** A step as written: without a time of its own it takes the plan's interval. */
export type WrittenStep = (Omit<WeightStep, "leastMs"> & { readonly leastMs?: number }) | PauseStep;

/** The steps of a plan: increasing percentages, with pauses between. */
export function parseSteps(text: string): Parsed<readonly WrittenStep[]> {
  const parsed = parseList(text, parseStep);
  if ("problems" in parsed) return parsed;
  const problems: Problem[] = parsed.value.flatMap((step, i) => {
    const isDouble = step.kind === "pause" && parsed.value[i + 1]?.kind === "pause";
    return isDouble ? [{ what: "two pauses in a row", use: "use one pause" }] : [];
  });
  const weights = parsed.value.flatMap((step) => (step.kind === "weight" ? [step.weight] : []));
  if (weights.length === 0) problems.push({ what: "no percentage" });
  weights.forEach((weight, i) => {
    const before = weights[i - 1] ?? 0;
    if (weight === before) problems.push({ what: `${weight} is there twice` });
    if (weight < before) problems.push({ what: `${weight} follows ${before}` });
  });
  return problems.length > 0 ? { problems } : parsed;
}

function parseStep(item: string): Parsed<WrittenStep> {
  if (item === "pause") return { value: { kind: "pause" } };
  const wrong = (use?: string) => problem(`invalid step ${quote(item)}`, use);
  const [percent = "", time, ...rest] = item.split(":").map((part) => part.trim());
  const weight = /^\d{1,3}(\.\d{1,2})?$/.test(percent) ? Number(percent) : Number.NaN;
  if (Number.isNaN(weight) || rest.length > 0)
    return wrong("use a percentage without its sign, such as 10 or 10:5m, or pause");
  if (weight <= 0 || weight > 100) return wrong("use a percentage above 0 and up to 100");
  if (time === undefined) return { value: { kind: "weight", weight } };
  const least = parseTime(time);
  if ("problems" in least) return wrong(least.problems[0]?.use);
  return { value: { kind: "weight", weight, leastMs: least.value } };
}
