import { type Flag, optional } from "../../flags/flag.ts";
import { annotations } from "../../rollout/plan/annotations.ts";
import { compareNumbers, parseCompare } from "../../rollout/plan/compare.ts";
import { formatComplaints } from "../../rollout/plan/complaints.ts";
import { planWith } from "../../rollout/plan/layers.ts";
import type { Plan } from "../../rollout/plan/plan.ts";
import { UsageError } from "../frame/failure.ts";

/** What the flags for other settings say of each number of `serin.dev/compare`. */
const ABOUT: Readonly<Record<string, string>> = {
  tolerance: "How many times as often as the stable version the canary may fail.",
  margin: "The share of the canary's requests that may fail in addition.",
  refused: "The share of the canary's requests that may get a 4xx answer beyond twice the stable version's.",
  alpha: "The chance of rolling back a canary that is within both.",
  beta: "The chance of promoting one that costs more than the loss.",
  loss: "The share of all requests that may fail in addition while the canary still counts as safe.",
  dispersion: "Variance of the failures over their mean.",
};
const UNCHANGED = "as it was";

type Given = Readonly<Record<string, string | undefined>>;

/** The flags of a replay with other settings: one for each number of `serin.dev/compare`, and the checks. */
export const otherSettings: Readonly<Record<string, Flag<string | undefined>>> = {
  ...Object.fromEntries(
    Object.entries(compareNumbers).map(([name, form]) => [
      name,
      {
        ...optional({ argument: "value", about: ABOUT[name] ?? "", usualText: UNCHANGED }),
        read: (given: string) => ("value" in parseCompare(`${name}=${given}`) ? given : undefined),
        use: `use ${form}`,
      },
    ]),
  ),
  checks: optional({
    argument: "checks",
    about: "Other limits, as serin.dev/checks takes them; without the checks of templates.",
    usualText: UNCHANGED,
  }),
};

/** A plan with some of its settings replaced. */
export interface OtherPlan {
  /** The replaced settings, for people: `tolerance=2, checks p99 <= 1s`. */
  readonly title: string;
  readonly plan: Plan;
}

/** The plan with the settings of the flags; `undefined` without any. Throws UsageError for checks that are not valid. */
export function otherPlan(plan: Plan, given: Given): OtherPlan | undefined {
  const numbers = Object.keys(compareNumbers).flatMap((name) =>
    given[name] === undefined ? [] : [`${name}=${given[name]}`],
  );
  const { checks } = given;
  if (numbers.length === 0 && checks === undefined) return undefined;
  const title = [...numbers, ...(checks === undefined ? [] : [`checks ${checks}`])].join(", ");
  return { title, plan: { ...plan, ...comparedBy(plan, numbers), ...checkedBy(checks) } };
}

/** The comparison with these settings; the others stay. A plan without a comparison gets the default one. */
function comparedBy({ compare }: Plan, numbers: readonly string[]): Pick<Plan, "compare"> | undefined {
  if (numbers.length === 0) return undefined;
  const parsed = parseCompare(numbers.join(", "));
  // The flags have read each of them.
  if ("problems" in parsed || parsed.value === "off") throw new Error("unreadable settings");
  const names = numbers.map((text) => text.split("=", 1)[0] ?? "");
  const changed = Object.entries(parsed.value).filter(([name]) => names.includes(name));
  return { compare: { ...(compare === "off" ? parsed.value : compare), ...Object.fromEntries(changed) } };
}

function checkedBy(checks: string | undefined): Pick<Plan, "checks"> | undefined {
  if (checks === undefined) return undefined;
  const parsed = planWith({ [annotations.strategy.key]: "canary", [annotations.checks.key]: checks });
  if ("plan" in parsed) return { checks: parsed.plan.checks };
  throw new UsageError(formatComplaints(parsed.complaints));
}
