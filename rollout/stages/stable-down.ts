import { isStableDown, WAY_OUT } from "../workload/stable-down.ts";
import { orderCommand } from "./commands.ts";
import type { Decision } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";

/** Adds to the condition that no stable pod is ready, and the command that promotes the canary at once. */
export function reportStableDown(snapshot: Snapshot, decision: Decision): Decision {
  if (decision.condition === undefined || !isStableDown(snapshot.stable)) return decision;
  const message = `${decision.condition.message}. No stable pod is ready: ${orderCommand(snapshot, "promote")} ${WAY_OUT}`;
  return { ...decision, condition: { ...decision.condition, message } };
}
