import { isRouteRecordNewer } from "../traffic/route-record.ts";
import { isServiceRecordNewer } from "../traffic/service-record.ts";
import { isHoldRecordNewer } from "../workload/hold-record.ts";
import { isRunRecordNewer } from "../workload/run-record.ts";
import type { Decision } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * A rollout with a record of a newer Serin waits for that Serin: this one knows neither all that the record says nor what
 * may follow it. Its weights stay as they were granted. An undo is carried out by any version.
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
