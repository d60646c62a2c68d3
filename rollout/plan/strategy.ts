import type { JudgedStep, Step, WrittenStep } from "./steps.ts";

/** How the canary's users are chosen: by chance, all at once, or by what they send. */
export type Kind = "canary" | "blue-green" | "ab-test";

/** What the steps are made of. */
export interface Written {
  readonly steps: readonly WrittenStep[];
  readonly intervalMs: number;
  /** Intervals of an ab-test. */
  readonly iterations: number;
  /** Percent of the requests to try the canary with before anybody is exposed. */
  readonly mirror?: number;
}

/** The steps of a blue-green rollout that says none. */
export const SWITCH: readonly WrittenStep[] = [{ kind: "weight", weight: 100 }];

/** The stages of a rollout: copies first where they are wanted, then what its kind does. */
export function stepsOf(kind: Kind, { steps, intervalMs, iterations, mirror }: Written): readonly Step[] {
  const copies: readonly JudgedStep[] =
    mirror === undefined ? [] : [{ kind: "mirror", percent: mirror, leastMs: intervalMs }];
  if (kind === "ab-test") return [...copies, { kind: "match", leastMs: iterations * intervalMs }];
  return [
    ...copies,
    ...steps.map((step) => (step.kind === "weight" ? { leastMs: intervalMs, ...step } : step)),
  ];
}

/** Whether steps are those of one switch, with pauses around it. */
export function isSwitch(steps: readonly WrittenStep[]): boolean {
  return steps.every((step) => step.kind === "pause" || step.weight === 100);
}
