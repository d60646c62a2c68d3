import type { Deployment } from "../../kube/core/workloads.ts";
import { planWith } from "../../rollout/plan/layers.ts";
import type { Plan } from "../../rollout/plan/plan.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { canaryPods, surgeAt } from "../../rollout/workload/surge.ts";
import { formatAge } from "../frame/age.ts";
import type { Finding } from "../lint/finding.ts";
import { estimate, type Known } from "./estimate.ts";

/** What the API server and Serin's webhook answered to the dry run. */
export type DryRun =
  | { readonly object: Deployment; readonly warnings: readonly string[] }
  | { readonly refusal: string };

/** The findings about the answer: what would happen, or why it is refused. */
export function aboutAdmission(dryRun: DryRun): readonly Finding[] {
  const where = "admission";
  if ("refusal" in dryRun)
    return dryRun.refusal
      .split("\n")
      .map((line): Finding => ({ kind: "bad", where, says: line.replace(/^serin: /, "") }));
  const { object, warnings } = dryRun;
  const own = warnings.filter((one) => one.startsWith("serin"));
  if (own.length === 0 && holdRecordOf(object) === undefined)
    return [
      {
        kind: "bad",
        where,
        says: "Serin's webhook has not answered: kubectl get mutatingwebhookconfiguration serin",
      },
    ];
  // The first sentence describes the plan.
  return own.map(
    (says, i): Finding => ({ kind: i === 0 ? "good" : "warning", where, says: says.replace(/^serin: /, "") }),
  );
}

/** How many pods more than at rest the largest step needs. */
export function peakPods(object: Deployment, plan: Plan): number {
  const weights = plan.steps.map((step) => (step.kind === "weight" ? step.weight : 0));
  const sizes = weights.map((weight) => canaryPods(surgeAt(plan, weight), object.spec.replicas ?? 1));
  return Math.max(1, ...sizes);
}

/** How long the steps take at this rate, and what a bad version costs. */
export function aboutTraffic(plan: Plan, rps: number, known?: Known): readonly Finding[] {
  const where = "estimate";
  const { steps, costs } = estimate(plan, rps, known);
  if (steps.length === 0)
    return [{ kind: "good", where, says: "nothing is compared, so the steps take their least times" }];
  const time = (seconds: number | undefined) =>
    seconds === undefined ? "more than a day" : `about ${formatAge(seconds * 1000)}`;
  return [
    ...steps.map(({ weight, verifiedS, leastS }): Finding => {
      const isSlow = verifiedS === undefined || verifiedS * 1000 > plan.maxIntervalMs;
      const says = `${weight} %: verified after ${time(verifiedS)} at ${shown(rps)} requests/s; at least ${formatAge(leastS * 1000)}`;
      return isSlow
        ? {
            kind: "warning",
            where,
            says: `${says}; without proof it ends at max-interval (${formatAge(plan.maxIntervalMs)}), the last step waits`,
          }
        : { kind: "good", where, says };
    }),
    ...costs.map(({ fails, afterS, failedRequests }): Finding => {
      const says = `a version that fails ${fails * 100} %: rolled back after ${time(afterS)} and about ${failedRequests} failed requests`;
      return { kind: "good", where, says };
    }),
  ];
}

/** The plan of the answer; `undefined` if it is not valid, which the webhook has said. */
export function plannedIn(object: Deployment): Plan | undefined {
  const parsed = planWith(object.metadata.annotations ?? {}, holdRecordOf(object)?.defaults ?? []);
  return "plan" in parsed ? parsed.plan : undefined;
}

function shown(rps: number): string {
  return rps < 10 ? String(Number(rps.toPrecision(2))) : String(Math.round(rps));
}
