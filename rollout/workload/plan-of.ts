import type { Deployment } from "../../kube/core/workloads.ts";
import { type Layer, planWith } from "../plan/layers.ts";
import { type Plan, parsePlan } from "../plan/plan.ts";
import { holdRecordOf } from "./hold-record.ts";

const OPT_IN = "serin.dev/rollout";
const BARE = { [OPT_IN]: "canary" };
const NO_PLAN = parsePlan(BARE) as { plan: Plan };

/** The plan of a Deployment in flight; one whose annotations went with an undo gets the defaults. */
export function planOf(deployment: Pick<Deployment, "metadata">): Plan {
  return planBy(deployment.metadata.annotations ?? {}, holdRecordOf(deployment)?.defaults);
}

/** The same of annotations with these defaults. */
export function planBy(own: Readonly<Record<string, string>>, layers: readonly Layer[] | undefined): Plan {
  for (const each of [own, BARE]) {
    const parsed = planWith(each, layers);
    if ("plan" in parsed) return parsed.plan;
  }
  return NO_PLAN.plan;
}
