import type { Deployment } from "../../kube/core/workloads.ts";
import { planWith } from "../plan/layers.ts";
import { type Plan, parsePlan } from "../plan/plan.ts";
import { holdRecordOf } from "./hold-record.ts";

const OPT_IN = "serin.dev/rollout";
const BARE = { [OPT_IN]: "canary" };
const NO_PLAN = parsePlan(BARE) as { plan: Plan };

/** The plan of a Deployment in flight; one whose annotations went with an undo gets the defaults. */
export function planOf(deployment: Pick<Deployment, "metadata">): Plan {
  const { metadata } = deployment;
  const layers = holdRecordOf(deployment)?.defaults;
  const [parsed] = [metadata.annotations ?? {}, BARE]
    .map((own) => planWith(own, layers))
    .filter((each) => "plan" in each);
  return parsed?.plan ?? NO_PLAN.plan;
}
