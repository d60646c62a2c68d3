import type { Deployment } from "../../kube/core/workloads.ts";
import { annotations } from "../plan/annotations.ts";
import type { Plan } from "../plan/plan.ts";
import { formatProblem } from "../text/parse.ts";
import type { HoldRecord } from "../workload/hold-record.ts";
import { planOf } from "../workload/plan-of.ts";

/**
 * Why a version that has begun cannot get rules of its own now. Serin asks gateways and policies about them only before a
 * version begins: a policy for a rule that users must pass, such as a login, would not hold for the added rules.
 */
export function refuseNewRules(
  plan: Plan,
  old: Deployment,
  held: HoldRecord | undefined,
): string | undefined {
  if (held?.phase !== "canary" && held?.phase !== "failed") return undefined;
  const before = planOf(old);
  const [key] = [
    ...(plan.match !== undefined && before.match === undefined ? [annotations.match.key] : []),
    ...(plan.stickyMs !== undefined && before.stickyMs === undefined ? [annotations.stickyMs.key] : []),
  ];
  if (key === undefined) return undefined;
  const what =
    "this version began without it, and Serin checks routes and policies for it before a version begins";
  return formatProblem({ what, use: "apply it together with the next template, or after this rollout" }, key);
}
