import type { Kube } from "../kube/client/api.ts";
import { listGrants } from "../kube/client/grants.ts";
import { type LeanRoute, type ReferenceGrant, routeKeyOf } from "../kube/core/routes.ts";
import type { Deployment, ReplicaSet } from "../kube/core/workloads.ts";
import { lastOfEach, type RouteIndex } from "../kube/runtime/route-index.ts";
import { listMarked, type RouteBodies, readEach } from "../kube/runtime/route-reads.ts";
import { type ClusterState, onlyVersions } from "../rollout/admission/change.ts";
import { FLIGHT } from "../rollout/keys.ts";
import { foreignRoutesOf } from "../rollout/stages/foreign-routes.ts";
import { namespacesInto, permitted } from "../rollout/traffic/grants.ts";
import { sharesOfRoute } from "../rollout/traffic/shares-of-route.ts";
import type { HoldRecord } from "../rollout/workload/hold-record.ts";
import { runRecordOf } from "../rollout/workload/run-record.ts";

/** The means to read. */
interface FlightNeeds {
  readonly kube: Kube;
  readonly index: RouteIndex;
}

/** The grants, and the routes with a share of the rollout in flight. */
export interface FlightRoutes {
  readonly grants: readonly ReferenceGrant[];
  readonly shared: readonly LeanRoute[];
  /** Whole routes with the mark, as far as there is room for them. */
  readonly bodies: RouteBodies;
}

/**
 * Both as the API server stores them now. The index may not know the newest share yet, and an undo must drain it before native
 * control deletes the canary's pods. Absent at rest: then a route that the index does not know leads to Services that Serin
 * isolates, so it gives the canary no traffic.
 *
 * Throws if the routes of the Deployment's own namespace are too long together. Those of another one, which a grant names, must not
 * keep the undo from it: there the shares count that the index knows.
 */
export async function readFlight(
  { kube, index }: FlightNeeds,
  { metadata }: Deployment,
): Promise<FlightRoutes | undefined> {
  const { uid = "", namespace = "", labels } = metadata;
  if (labels?.[FLIGHT] === undefined) return undefined;
  const grants = await listGrants<ReferenceGrant>(kube, namespace);
  const { routes, bodies, tooLong } = await listMarked(
    { kube, index },
    namespacesInto(namespace, grants),
    FLIGHT,
  );
  if (tooLong.includes(namespace)) {
    throw new Error(
      `the routes of namespace ${namespace} with the label ${FLIGHT} are too long together: remove the label from those that no ` +
        "rollout uses",
    );
  }
  const known = index.around([], uid).filter(({ metadata }) => tooLong.includes(metadata.namespace ?? ""));
  const found = [...routes, ...known].filter(({ shares }) => shares.some((share) => share.uid === uid));
  return { grants, shared: found, bodies };
}

/** What the answer depends on that ends the rollout in flight: the ReplicaSets, and the routes with a share. */
export async function gatherEnd(
  needs: FlightNeeds,
  old: Deployment,
  held: HoldRecord,
  replicaSets: readonly ReplicaSet[],
): Promise<ClusterState> {
  const { namespace = "", uid = "" } = old.metadata;
  const { grants = [], shared = [], bodies = new Map() } = (await readFlight(needs, old)) ?? {};
  // The index may be late.
  const all = lastOfEach([...needs.index.around([], uid), ...shared]);
  // Others can forge a share in a route of their own. The rollout's record names those to which Serin gave one.
  const given = foreignRoutesOf(replicaSets);
  const isLost = !replicaSets.some((set) => runRecordOf(set, held.started));
  const draining = permitted(namespace, all, grants).filter(
    (route) => isLost || route.metadata.namespace === namespace || given.includes(routeKeyOf(route)),
  );
  const routes = await readEach(needs.kube, draining, { known: bodies, pick: sharesOfRoute });
  return { ...onlyVersions(replicaSets), routes, grants };
}
