import { isStableDown, WAY_OUT } from "../workload/stable-down.ts";
import { orderCommand } from "./commands.ts";
import { type Decision, saying } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";

/** Adds to the condition that no stable pod is ready, and the command that promotes the canary at once. */
export function reportStableDown(snapshot: Snapshot, decision: Decision): Decision {
  if (!isStableDown(snapshot.stable)) return decision;
  return saying(decision, `. No stable pod is ready: ${orderCommand(snapshot, "promote")} ${WAY_OUT}`);
}
