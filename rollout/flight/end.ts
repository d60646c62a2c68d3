import type { Write } from "../../kube/core/writes.ts";
import type { Snapshot } from "../stages/snapshot.ts";

/** How a rollout ends, as counters say it. */
export type FlightEnd = "promoted" | "failed" | "undone" | "superseded";

/** The end that these writes report: each end but a superseding has an Event, which Serin records once. */
export function endIn(snapshot: Snapshot, writes: readonly Write[]): FlightEnd | undefined {
  const reasons = writes.map((write) => (write.verb === "event" ? write.reason : ""));
  if (reasons.includes("Promoted")) return "promoted";
  if (reasons.includes("RolledBack")) return "failed";
  // A rollout that failed has ended already, although its failure is undone only now.
  const isUndone = reasons.includes("Undone") && snapshot.run?.outcome !== "failed";
  return isUndone ? "undone" : undefined;
}
