import { conditionOf } from "../../kube/core/meta.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { CONDITION } from "../keys.ts";
import { holdRecordOf } from "../workload/hold-record.ts";
import { canaryCondition, says, writeConditions } from "../workload/writes.ts";
import { REWRITE_MS, tellingAt } from "./condition.ts";
import { waitingFor } from "./wait.ts";

/** The most characters of an error that Serin reports. */
const LONGEST_REASON = 500;
/** How the report begins. */
const BEGIN = "Serin cannot read what the rollout needs: ";

/**
 * Reports that the API server refuses to show what a decision needs, such as a route while a conversion webhook is down. The
 * condition of a verdict stays. An unchanged message is not written again, and another one not at once: an error may have
 * another port at each try, and of several reads that fail, a different one may be the first.
 */
export function reportReadFailure(deployment: Deployment, reason: string, now: number): readonly Write[] {
  const held = holdRecordOf(deployment);
  if (held?.phase !== "canary") return [];
  const cut = reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}…` : reason;
  const told = waitingFor("api", `${BEGIN}${cut}; until it can, the canary gets no more weight`);
  const present = conditionOf(deployment.status?.conditions, CONDITION);
  const isTold = present?.reason === told.reason && present.message?.startsWith(BEGIN) === true;
  if (isTold && says(present, told.message)) return [];
  if (isTold && now - Date.parse(present.lastUpdateTime ?? "") < REWRITE_MS) return [];
  return [writeConditions(deployment, [canaryCondition(told, tellingAt({ now, held }))])];
}
