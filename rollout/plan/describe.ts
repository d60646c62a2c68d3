import { describeDuration, formatDuration } from "../text/duration.ts";
import { describeMatches } from "./match.ts";
import type { Plan } from "./plan.ts";
import { describeSize } from "./size.ts";
import { comparesAt, strategies } from "./strategy.ts";

/** The plan in one line: `canary 10→25→50 %, at least 3 min; compared with stable; checks success-rate >= 99%`.
 * `isCounted`: whether anything counts the requests of each version. */
export function describePlan(plan: Plan, isCounted = true): string {
  const leastMs = plan.steps.reduce((sum, step) => sum + (step.kind === "pause" ? 0 : step.leastMs), 0);
  const checks = plan.checks.map((check) => check.text).join(", ");
  const compared = plan.compare !== "off" && comparesAt(plan.strategy, plan.steps[0]);
  const judged = [
    ...(compared && isCounted ? ["compared with stable"] : []),
    ...(checks === "" ? [] : [`checks ${checks}`]),
  ];
  const more = [
    plan.match &&
      !strategies[plan.strategy].matchesOnly &&
      `always for users with ${describeMatches(plan.match)}`,
    plan.stickyMs !== undefined && `users keep their version for ${formatDuration(plan.stickyMs)}`,
    describeSize(plan.size),
  ];
  const why = compared && !isCounted ? ", as no route names its Services" : "";
  const by = (judged.join("; ") || "no checks but the health of the pods") + why;
  return [
    `${plan.strategy} ${describeSteps(plan)}, at least ${describeDuration(leastMs)}`,
    ...more.filter(Boolean),
    by,
  ].join("; ");
}

function describeSteps({ steps, match = [] }: Plan): string {
  const words = steps.map((step) => {
    switch (step.kind) {
      case "weight":
        return String(step.weight);
      case "mirror":
        return `copies of ${step.percent} %`;
      case "match":
        return `for users with ${describeMatches(match)}`;
      case "pause":
        return "pause";
      default:
        return step satisfies never;
    }
  });
  return `${words.join("→")}${steps.at(-1)?.kind === "match" ? "" : " %"}`;
}
