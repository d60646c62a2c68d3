import { type Complaint, formatComplaints } from "../../rollout/plan/complaints.ts";
import { type Plan, parsePlan } from "../../rollout/plan/plan.ts";
import type { Step } from "../../rollout/plan/steps.ts";

/** The annotations of a plan, keys without their prefix; the strategy is canary by default. */
export type Given = Record<string, string>;

function parse(given: Given) {
  const entries = Object.entries({ rollout: "canary", ...given });
  return parsePlan(Object.fromEntries(entries.map(([name, value]) => [`serin.dev/${name}`, value])));
}

/** The plan of these annotations; throws when they are not valid. */
export function planOf(given: Given): Plan {
  const parsed = parse(given);
  if ("plan" in parsed) return parsed.plan;
  throw new Error(formatComplaints(parsed.complaints));
}

/** The complaints about these annotations; none if they are valid. */
export function complaintsOf(given: Given): readonly Complaint[] {
  const parsed = parse(given);
  return "complaints" in parsed ? parsed.complaints : [];
}

/** A step that gives the canary this percentage for at least this long. */
export const weight = (percent: number, leastMs = 60_000): Step => ({
  kind: "weight",
  weight: percent,
  leastMs,
});
/** A step that waits for the user. */
export const pause: Step = { kind: "pause" };
