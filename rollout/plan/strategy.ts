import type { JudgedStep, Step, WrittenStep } from "./steps.ts";

/** How Serin chooses the canary's users: by chance, all at once, or by what they send. */
export type Strategy = "canary" | "blue-green" | "ab-test";

/** The annotations that only some strategies have. */
type StrategyAnnotation = "steps" | "iterations" | "stickyMs";

/** The settings that become steps. */
export interface Written {
  readonly steps: readonly WrittenStep[];
  readonly intervalMs: number;
  /** Intervals that an ab-test lasts. */
  readonly iterations: number;
  /** Percent of the requests that the canary gets copies of before any user reaches it. */
  readonly mirror?: number;
}

/** Everything that distinguishes one strategy from the others. */
export interface StrategyRow {
  /** The texts that absent annotations stand for, where they differ from those of the annotation table. */
  readonly defaults: { readonly steps?: string; readonly size?: string };
  /** The steps after the copies. */
  readonly stepsOf: (written: Written) => readonly Step[];
  /** The annotations that only some strategies have, as far as this one has them. */
  readonly own: readonly StrategyAnnotation[];
  /** All users change versions at once: the only weight is 100, and the canary has as many pods as the stable version. */
  readonly switches: boolean;
  /** Only the users of `serin.dev/match` reach the canary, so it is required. */
  readonly matchesOnly: boolean;
  /** Whether users are drawn by chance, so that the canary's requests can be compared with the stable version's. */
  readonly compared: boolean;
  /** Whether it needs a gateway. Without one, the canary's share of the pods is its share of the traffic. */
  readonly needsGateway: boolean;
}

/** The strategies. To add one, add its name to `Strategy` and a row here. */
export const strategies: Readonly<Record<Strategy, StrategyRow>> = {
  canary: {
    defaults: {},
    stepsOf: byWeight,
    own: ["steps", "stickyMs"],
    switches: false,
    matchesOnly: false,
    compared: true,
    needsGateway: false,
  },
  "blue-green": {
    defaults: { steps: "100", size: "100%" },
    stepsOf: byWeight,
    own: ["steps"],
    switches: true,
    matchesOnly: false,
    compared: false,
    needsGateway: true,
  },
  "ab-test": {
    defaults: { size: "100%" },
    stepsOf: byMatch,
    own: ["iterations"],
    switches: false,
    matchesOnly: true,
    compared: false,
    needsGateway: true,
  },
};

/** Their names, in the order of the documentation. */
export const strategyNames = Object.keys(strategies) as readonly Strategy[];

/** The checks that decide where nothing is compared and the user writes none. */
export const UNCOMPARED_CHECKS = "success-rate >= 99%";

/** The strategies that an annotation is for. */
export function strategiesWith(name: string): readonly Strategy[] {
  const special = strategyNames.filter((each) => strategies[each].own.some((own) => own === name));
  return special.length === 0 ? strategyNames : special;
}

/** The stages of a rollout: copies first, if the user wants them, then the steps of the strategy. */
export function stepsOf(strategy: Strategy, written: Written): readonly Step[] {
  const { mirror, intervalMs } = written;
  const copies: readonly JudgedStep[] =
    mirror === undefined ? [] : [{ kind: "mirror", percent: mirror, leastMs: intervalMs }];
  return [...copies, ...strategies[strategy].stepsOf(written)];
}

/**
 * Whether the canary is compared with the stable version at a step. Copies are drawn by chance in every strategy. Once the
 * canary has all traffic, the stable version has none to compare with.
 */
export function comparesAt(strategy: Strategy, step: Step | undefined, byPods = false): boolean {
  return (strategies[strategy].compared && !hasAll(step, byPods)) || step?.kind === "mirror";
}

/**
 * Whether the canary has all traffic at a step. `byPods`: no route splits the traffic, so the stable version's pods keep their
 * part at every weight.
 */
export function hasAll(step: Step | undefined, byPods = false): boolean {
  return !byPods && step?.kind === "weight" && step.weight === 100;
}

/** Whether steps are those of one switch, with pauses around it. */
export function isSwitch(steps: readonly WrittenStep[]): boolean {
  return steps.every((step) => step.kind === "pause" || step.weight === 100);
}

function byWeight({ steps, intervalMs }: Written): readonly Step[] {
  return steps.map((step) => (step.kind === "weight" ? { leastMs: intervalMs, ...step } : step));
}

function byMatch({ iterations, intervalMs }: Written): readonly Step[] {
  return [{ kind: "match", leastMs: iterations * intervalMs }];
}
