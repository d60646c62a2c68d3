import { askedBy } from "../workload/requests.ts";
import { type Snapshot, stepIndex } from "./snapshot.ts";

/**
 * Why the step in force ends now, if `serin.dev/advance` names it and the plan has another one. The order replaces the
 * judge's proof and the least time of this step; a verdict of harm comes before it, and hooks still count.
 */
export function orderToAdvance(snapshot: Snapshot): string | undefined {
  const { held, plan } = snapshot;
  const left = stepIndex(snapshot) + 1;
  if (held.advance !== left || left >= plan.steps.length) return undefined;
  return `advanced on request${askedBy(held, "advance")}`;
}
