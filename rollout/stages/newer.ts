import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import { FLIGHT } from "../keys.ts";
import { isRouteRecordNewer, routeRecordOf } from "../traffic/route-record.ts";
import { isServiceRecordNewer } from "../traffic/service-record.ts";
import { isHoldRecordNewer } from "../workload/hold-record.ts";
import { isRunRecordNewer, lastRunOf } from "../workload/run-record.ts";
import type { Decision } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";
import { waitingFor } from "./wait.ts";

/**
 * Leaves a rollout with a record of a newer Serin to that Serin, because this one may not know all fields of the record. The
 * weights stay as granted. Every version carries out an undo.
 */
export function leaveToNewer(snapshot: Snapshot): Decision | undefined {
  const { deployment, held, uid, canary, judged, services, routes, shares } = snapshot;
  // Tenants can write any version on their objects, and an ended rollout leaves its record: only this rollout's count.
  const unread = canary !== undefined && lastRunOf(canary) === undefined ? canary : undefined;
  const isMarked = ({ metadata }: Service) => metadata.labels?.[FLIGHT] === uid;
  const isOfThisRoute = (route: Route) =>
    shares.has(route) ||
    (route.metadata.namespace === deployment.metadata.namespace && routeRecordOf(route) === undefined);
  const isNewer =
    isHoldRecordNewer(deployment) ||
    [judged, unread].some((set) => set !== undefined && isRunRecordNewer(set)) ||
    services.some((service) => isMarked(service) && isServiceRecordNewer(service)) ||
    routes.some((route) => isOfThisRoute(route) && isRouteRecordNewer(route));
  if (!isNewer || held.phase === "undone") return undefined;
  const message =
    "a newer Serin wrote the records of this rollout, and this one leaves it as it is: update Serin, or undo the rollout";
  return { writes: [], condition: waitingFor("person", message) };
}
