import { type Route, routeKeyOf } from "../../kube/core/routes.ts";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { lastRunOf } from "../workload/run-record.ts";
import { rewrite } from "./hook-record.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * The routes of other namespaces that have or had a share of the Deployment's versions in flight, by their keys. A superseded
 * version's record counts, because its share stays until the drain.
 */
export function foreignRoutesOf(replicaSets: readonly ReplicaSet[]): readonly string[] {
  return [...new Set(replicaSets.flatMap((set) => lastRunOf(set)?.foreignRoutes ?? []))];
}

/**
 * Notes the routes of other namespaces in the run record, before they get a share. If somebody revokes the ReferenceGrant
 * later, the share stays behind, and the next leader finds it by this record alone.
 */
export function recordForeignRoutes(snapshot: Snapshot, shared: readonly Route[]): readonly Write[] {
  const home = snapshot.deployment.metadata.namespace;
  const noted = snapshot.run?.foreignRoutes ?? [];
  const added = shared
    .filter(({ metadata }) => metadata.namespace !== home)
    .map(routeKeyOf)
    .filter((key) => !noted.includes(key));
  return added.length === 0 ? [] : rewrite(snapshot, { foreignRoutes: [...noted, ...added] });
}
