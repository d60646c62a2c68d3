import type { Exposure } from "../traffic/exposure.ts";
import type { Sticky } from "../traffic/sticky.ts";
import { describeMatches } from "./match.ts";
import type { Plan } from "./plan.ts";

/**
 * The exposure at one step of the plan. Testers reach the canary from the first step on, but not at the step with copies,
 * which comes before any user.
 */
export function exposureAt(plan: Plan, index: number, sticky: Omit<Sticky, "seconds">): Exposure {
  const passed = plan.steps.slice(0, index + 1).filter((step) => step.kind !== "pause");
  const last = passed.at(-1);
  if (last?.kind === "mirror") return { weight: 0, mirror: last.percent };
  const weight = last?.kind === "weight" ? last.weight : 0;
  return {
    weight,
    ...(plan.match && { match: plan.match }),
    ...(plan.stickyMs !== undefined &&
      weight > 0 && { sticky: { ...sticky, seconds: plan.stickyMs / 1000 } }),
  };
}

/** The weight at that step, in percent: that of the last step up to it that has one. */
export function weightAt({ steps }: Pick<Plan, "steps">, index: number): number {
  return steps
    .slice(0, index + 1)
    .reduce((weight, step) => (step.kind === "weight" ? step.weight : weight), 0);
}

/** The weight after that step, in percent; after the last one comes the promotion with 100. */
export function weightAfter({ steps }: Pick<Plan, "steps">, index: number): number {
  return steps.slice(index + 1).find((step) => step.kind === "weight")?.weight ?? 100;
}

/** The exposure as a short noun: `25%`, `copies of 20%`. */
export function shortly({ weight, match, mirror }: Exposure): string {
  if (mirror !== undefined) return `copies of ${mirror}%`;
  return weight === 0 && match !== undefined ? "the matching users" : `${weight}%`;
}

/** The exposure as a noun: `25% of the traffic`. */
export function describeExposure({ weight, match, mirror }: Exposure): string {
  if (mirror !== undefined) return `copies of ${mirror}% of the traffic`;
  const testers = match === undefined ? "" : `the users with ${describeMatches(match)}`;
  if (weight === 0 && testers !== "") return testers;
  return `${weight}% of the traffic${testers === "" ? "" : ` and ${testers}`}`;
}
