import { describeDuration, formatDuration } from "../text/duration.ts";
import { judgedBy } from "./judged-by.ts";
import { describeMatches } from "./match.ts";
import type { Plan } from "./plan.ts";
import { describeSize } from "./size.ts";
import { strategies } from "./strategy.ts";

/**
 * The plan in one line: `canary 10→25→50 %, at least 3 min; compared with stable; checks success-rate >= 99%`. `byPods`:
 * no route splits the traffic. Nothing counts the requests of the versions then, so nothing is compared and no check of them is
 * asked, unless the application counts.
 */
export function describePlan(plan: Plan, byPods = false): string {
  const leastMs = plan.steps.reduce((sum, step) => sum + (step.kind === "pause" ? 0 : step.leastMs), 0);
  const more = [
    plan.match &&
      !strategies[plan.strategy].matchesOnly &&
      `always for users with ${describeMatches(plan.match)}`,
    plan.stickyMs !== undefined && `users keep their version for ${formatDuration(plan.stickyMs)}`,
    describeSize(plan.size),
  ];
  return [
    `${plan.strategy} ${describeSteps(plan)}, at least ${describeDuration(leastMs)}`,
    ...more.filter(Boolean),
    ...describeJudging(plan, byPods),
  ].join("; ");
}

function describeJudging(plan: Plan, byPods: boolean): readonly string[] {
  const isUncounted = byPods && plan.metrics !== "application";
  const steps = plan.steps.filter(({ kind }) => kind !== "pause");
  const judged = steps.map((step) => judgedBy(plan, [step], byPods));
  const asked = judged
    .flatMap(({ checks }) => checks)
    .filter(({ metric }) => metric === "template" || !isUncounted);
  const checks = [...new Set(asked.map(({ text }) => text))].join(", ");
  const isCompared = !isUncounted && judged.some(({ compare }) => compare !== "off");
  const hasEnd = strategies[plan.strategy].compared && judged.some(({ compare }) => compare === "off");
  const atEnd = hasEnd && plan.checks.length === 0 ? " at 100 %" : "";
  return [
    ...(isUncounted ? ["not compared, because no route names a Service of these pods"] : []),
    ...(isCompared ? [`compared with stable${hasEnd ? " below 100 %" : ""}`] : []),
    ...(checks === "" ? [] : [`checks ${checks}${isCompared ? atEnd : ""}`]),
    ...(judged.some(({ alone, isChosen }) => alone && !isChosen)
      ? ["4xx answers at 100 % compared with those before the rollout"]
      : []),
    ...(checks === "" && !isCompared ? ["no checks but the health of the pods"] : []),
  ];
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
