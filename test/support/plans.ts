import { type Complaint, formatComplaints } from "../../rollout/plan/complaints.ts";
import { type Plan, parsePlan } from "../../rollout/plan/plan.ts";
import type { Step } from "../../rollout/plan/steps.ts";

/** What people write, the keys without their prefix; a canary unless they say otherwise. */
export type Given = Record<string, string>;

function parse(given: Given) {
  const entries = Object.entries({ rollout: "canary", ...given });
  return parsePlan(Object.fromEntries(entries.map(([name, value]) => [`serin.dev/${name}`, value])));
}

/** The plan; throws when something is wrong with it. */
export function planOf(given: Given): Plan {
  const parsed = parse(given);
  if ("plan" in parsed) return parsed.plan;
  throw new Error(formatComplaints(parsed.complaints));
}

/** What is wrong with it. */
export function complaintsOf(given: Given): readonly Complaint[] {
  const parsed = parse(given);
  return "complaints" in parsed ? parsed.complaints : [];
}

export const weight = (percent: number, leastMs = 60_000): Step => ({
  kind: "weight",
  weight: percent,
  leastMs,
});
export const pause: Step = { kind: "pause" };
