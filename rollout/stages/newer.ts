import { isRouteRecordNewer } from "../traffic/route-record.ts";
import { isServiceRecordNewer } from "../traffic/service-record.ts";
import { isHoldRecordNewer } from "../workload/hold-record.ts";
import { isRunRecordNewer } from "../workload/run-record.ts";
import type { Decision } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Leaves a rollout with a record of a newer Serin to that Serin, because this one may not know all fields of the record. The
 * weights stay as granted. Every version carries out an undo.
 */
export function leaveToNewer(snapshot: Snapshot): Decision | undefined {
  const { deployment, replicaSets, services, routes, held } = snapshot;
  const isNewer =
    isHoldRecordNewer(deployment) ||
    replicaSets.some(isRunRecordNewer) ||
    services.some(isServiceRecordNewer) ||
    routes.some(isRouteRecordNewer);
  if (!isNewer || held.phase === "undone") return undefined;
  const message =
    "a newer Serin wrote the records of this rollout, and this one leaves it as it is: update Serin, or undo the rollout";
  return { writes: [], condition: { status: "Unknown", reason: "Holding", message } };
}
