import type { Exposure } from "../traffic/exposure.ts";
import type { Sticky } from "../traffic/sticky.ts";
import { describeMatches } from "./match.ts";
import type { Plan } from "./plan.ts";

/**
 * What the plan grants at one of its steps. Testers are let in at the beginning, but not while the canary is tried with copies:
 * before anybody is exposed.
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

/** What it is in a word, to be read after "at". */
export function shortly({ weight, match, mirror }: Exposure): string {
  if (mirror !== undefined) return `copies of ${mirror}%`;
  return weight === 0 && match !== undefined ? "the matching users" : `${weight}%`;
}

/** What it is in words, to be read after "the canary has". */
export function describeExposure({ weight, match, mirror }: Exposure): string {
  if (mirror !== undefined) return `copies of ${mirror}% of the traffic`;
  const testers = match === undefined ? "" : `the users with ${describeMatches(match)}`;
  if (weight === 0 && testers !== "") return testers;
  return `${weight}% of the traffic${testers === "" ? "" : ` and ${testers}`}`;
}
