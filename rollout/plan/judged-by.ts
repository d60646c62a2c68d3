import { type Check, parseChecks } from "./checks.ts";
import type { CompareChoice } from "./compare.ts";
import type { Step } from "./steps.ts";
import { comparesAt, type Strategy, UNCOMPARED_CHECKS } from "./strategy.ts";

/** The settings of a plan that say what decides about its steps. */
interface Judging {
  readonly strategy: Strategy;
  readonly compare: CompareChoice;
  readonly checks: readonly Check[];
  /** Whether the user wrote none. */
  readonly checksAreDefault: boolean;
}

const ALONE = (parseChecks(UNCOMPARED_CHECKS) as { value: readonly Check[] }).value;

/**
 * What decides about the last of these steps. A pause changes no weight, so the step before it decides; without one, it is what
 * decides about the steps of the strategy without a weight. Where nothing is compared, there is a check, unless the user wrote
 * others or none. `byPods`: no route splits the traffic.
 */
export function judgedBy(
  { strategy, compare, checks, checksAreDefault }: Judging,
  steps: readonly Step[],
  byPods = false,
): Pick<Judging, "compare" | "checks"> {
  const step = steps.findLast(({ kind }) => kind !== "pause");
  const isCompared = compare !== "off" && comparesAt(strategy, step, byPods);
  return {
    compare: isCompared ? compare : "off",
    checks: checksAreDefault && !isCompared ? ALONE : checks,
  };
}
