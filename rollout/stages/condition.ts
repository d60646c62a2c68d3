import { conditionOf } from "../../kube/core/meta.ts";
import { CONDITION } from "../keys.ts";
import { instant } from "../text/instant.ts";
import { canaryCondition, writeConditions } from "../workload/writes.ts";
import type { ConditionUpdate, Decision } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";

/** What a step passes through in less than this (ms) nobody could read: it is not worth a write. */
const PASSING_MS = 5_000;
/** How often a sentence that only changed its numbers is written again, in ms. */
const RETELL_MS = 30_000;

/** The condition `Canary`, when it says something new that is worth a write. */
export function report(snapshot: Snapshot, says: ConditionUpdate | undefined): Decision {
  if (says === undefined) return { writes: [] };
  const present = conditionOf(snapshot.deployment.status?.conditions, CONDITION);
  const sameReason = present?.reason === says.reason && present.status === says.status;
  if (sameReason && present.message === says.message) return { writes: [] };
  const told = Date.parse(present?.lastUpdateTime ?? "");
  // The API server keeps whole seconds.
  const isOfThisRollout = told + 1_000 > Date.parse(snapshot.held.started);
  if (says.reason === "Preparing" && isOfThisRollout) {
    const since = Date.parse(snapshot.run?.stepSince ?? snapshot.held.started);
    const leftMs = since + PASSING_MS - snapshot.now;
    if (leftMs > 0) return { writes: [], waitMs: leftMs };
  }
  const mayWait = sameReason && ["Holding", "Preparing", "Progressing"].includes(says.reason);
  const numbersOnly = mayWait && essence(says.reason, present.message) === essence(says.reason, says.message);
  if (numbersOnly && snapshot.now - told < RETELL_MS) return { writes: [] };
  return { writes: [writeConditions(snapshot.deployment, [canaryCondition(says, instant(snapshot.now))])] };
}

/** What is new only when it differs here: not the numbers, and of a step that goes on not how far it is. */
function essence(reason: ConditionUpdate["reason"], message = ""): string {
  if (reason === "Progressing") return message.replace(/:.*/, "");
  return message.replaceAll(/\d+(\.\d+)?/g, "#");
}
