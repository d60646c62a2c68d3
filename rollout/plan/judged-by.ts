import { type Check, parseChecks } from "./checks.ts";
import type { Compare, CompareChoice } from "./compare.ts";
import type { Step } from "./steps.ts";
import { comparesAt, hasAll, type Strategy, UNCOMPARED_CHECKS } from "./strategy.ts";

/** The settings of a plan that say what decides about its steps. */
interface Judging {
  readonly strategy: Strategy;
  readonly compare: CompareChoice;
  readonly checks: readonly Check[];
  /** Whether the user wrote none. */
  readonly checksAreDefault: boolean;
}

/** What decides about a step. */
interface Deciding extends Pick<Judging, "compare" | "checks"> {
  /** How 4xx answers are compared with those of the stable version before the rollout; absent: they are not. */
  readonly alone?: Compare;
  /** The canary's users are chosen by what they send: nothing that the stable version did before says how theirs are answered. */
  readonly isChosen?: true;
}

const ALONE = (parseChecks(UNCOMPARED_CHECKS) as { value: readonly Check[] }).value;

/**
 * What decides about the last of these steps. A pause changes no weight, so the step before it decides; without one, it is what
 * decides about the steps of the strategy without a weight. Where nothing is compared, there is a check, unless the user wrote
 * others or none. A check of requests sees no 4xx answer. Where the canary has all traffic, the only measure left is what the
 * stable version did before; for chosen users, it is that most of their requests are taken. `byPods`: no route splits the traffic.
 */
export function judgedBy(
  { strategy, compare, checks, checksAreDefault }: Judging,
  steps: readonly Step[],
  byPods = false,
): Deciding {
  const step = steps.findLast(({ kind }) => kind !== "pause");
  const isCompared = compare !== "off" && comparesAt(strategy, step, byPods);
  const deciding = checksAreDefault && !isCompared ? ALONE : checks;
  const isChosen = step?.kind === "match";
  const isCounted = deciding.some(({ metric }) => metric !== "template");
  return {
    compare: isCompared ? compare : "off",
    checks: deciding,
    ...(compare !== "off" && isCounted && (isChosen || hasAll(step, byPods)) && { alone: compare }),
    ...(isChosen && { isChosen }),
  };
}
