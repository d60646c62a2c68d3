import type { Step } from "../plan/steps.ts";
import type { RunRecord } from "./run-record.ts";

/** The index of the granted step, 0 before the first one; a plan that got shorter in flight ends with its last one. */
export function stepInForce(run: RunRecord | undefined, steps: readonly Step[]): number {
  return Math.min(run?.step ?? 0, steps.length - 1);
}
