import { weightAt } from "../plan/grant.ts";
import type { Step } from "../plan/steps.ts";
import type { RunRecord } from "./run-record.ts";

/**
 * The index of the granted step, 0 before the first one. A plan that changed in flight has another step at that place: nothing
 * has proven the canary for more weight than it was granted, so it goes back to the last step without more.
 */
export function stepInForce(run: RunRecord | undefined, steps: readonly Step[]): number {
  const place = Math.min(run?.step ?? 0, steps.length - 1);
  const { granted = 100 } = run ?? {};
  const hasNoMore = (_step: Step, index: number) => index <= place && weightAt({ steps }, index) <= granted;
  return Math.max(0, steps.findLastIndex(hasNoMore));
}
