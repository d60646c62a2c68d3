import type { Deployment } from "../../kube/core/workloads.ts";
import { planWith } from "../../rollout/plan/layers.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { surgeAt, surgePods } from "../../rollout/workload/surge.ts";
import { formatAge } from "../frame/age.ts";
import type { Finding } from "../lint/finding.ts";
import { estimate } from "./estimate.ts";

/** What the API server and Serin's webhook answered to the dry run. */
export type DryRun =
  | { readonly object: Deployment; readonly warnings: readonly string[] }
  | { readonly refusal: string };

/** A quota of the namespace; counts of pods. */
export interface PodQuota {
  readonly name: string;
  readonly hard: number;
  readonly used: number;
}

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

/** How many pods more than at rest the largest step needs; absent without a valid plan. */
export function peakPods(object: Deployment): number | undefined {
  const plan = planOf(object);
  if (plan === undefined) return undefined;
  const weights = plan.steps.flatMap((step) => (step.kind === "weight" ? [step.weight] : []));
  const sizes = weights.map((weight) => surgePods(surgeAt(plan, weight), object.spec.replicas ?? 1));
  return Math.max(1, ...sizes);
}

export function aboutRoom(more: number, quotas: readonly PodQuota[]): readonly Finding[] {
  const where = "room";
  if (quotas.length === 0)
    return [
      {
        kind: "good",
        where,
        says: `${pods(more)} more at the peak; no quota counts pods; nodes are not checked`,
      },
    ];
  return quotas.map(({ name, hard, used }): Finding => {
    const isEnough = used + more <= hard;
    const says = `${pods(more)} more at the peak; quota ${name} has ${used} of ${hard}`;
    return { kind: isEnough ? "good" : "bad", where, says };
  });
}

/** A pod that ends at once still gets requests from proxies that have not heard of it. */
export function aboutPodsEnd({ spec }: Deployment): Finding {
  const containers = (spec.template.spec?.containers ?? []) as readonly {
    lifecycle?: { preStop?: object };
  }[];
  return containers.some(({ lifecycle }) => lifecycle?.preStop !== undefined)
    ? { kind: "good", where: "pods end", says: "a container has a preStop hook" }
    : {
        kind: "warning",
        where: "pods end",
        says: "no container has a preStop hook: without a sleep of some seconds, a pod that ends may lose requests",
      };
}

/** How long the steps take at this rate, and what a bad version costs. */
export function aboutTraffic(object: Deployment, rps: number): readonly Finding[] {
  const where = "traffic";
  const plan = planOf(object);
  if (plan === undefined) return [];
  const { steps, costs } = estimate(plan, rps);
  if (steps.length === 0)
    return [{ kind: "good", where, says: "nothing is compared, so the steps take their least times" }];
  const time = (seconds: number | undefined) =>
    seconds === undefined ? "more than a day" : `about ${formatAge(seconds * 1000)}`;
  return [
    ...steps.map(({ weight, verifiedS, leastS }): Finding => {
      const isSlow = verifiedS === undefined || verifiedS * 1000 > plan.maxIntervalMs;
      const says = `${weight} %: verified after ${time(verifiedS)} at ${rps} requests/s; at least ${formatAge(leastS * 1000)}`;
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

function planOf(object: Deployment) {
  const parsed = planWith(object.metadata.annotations ?? {}, holdRecordOf(object)?.defaults ?? []);
  return "plan" in parsed ? parsed.plan : undefined;
}

function pods(count: number): string {
  return `${count} pod${count === 1 ? "" : "s"}`;
}
