import type { ReferenceGrant } from "../../kube/core/routes.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { changesTemplate, mayStartRollout } from "../../rollout/admission/admit.ts";
import { type ClusterState, onlyVersions } from "../../rollout/admission/change.ts";
import type { DefaultSources } from "../../rollout/plan/layers.ts";
import { leanRoute } from "../../rollout/traffic/lean-route.ts";
import type { Cluster } from "./cluster.ts";
import { strangersIn } from "./strangers.ts";

/** An update of a Deployment. */
interface Update {
  readonly requested: Deployment;
  readonly old: Deployment;
  /** The instant (RFC 3339) by the webhook's clock. */
  readonly now: string;
  /** What routes of other namespaces may name. */
  readonly grants: readonly ReferenceGrant[];
  /** The sources of the defaults, if they were read. */
  readonly places: DefaultSources | undefined;
}

/**
 * What the webhook reads for an update: all that it knows, and what it reads for a changed template. For an answer that starts
 * no rollout, Services and policies are unknown.
 */
export function readsFor(
  cluster: Cluster,
  { requested, old, now, grants, places }: Update,
): { readonly known: ClusterState; readonly changed: ClusterState | undefined } {
  const replicaSets = cluster.replicaSetsOf(old);
  const routes = cluster.routes();
  const known = {
    replicaSets,
    services: cluster.list("services"),
    deployments: cluster.list("deployments"),
    routes,
    strangers: strangersIn(cluster),
    known: routes.map(leanRoute),
    grants,
  };
  if (!changesTemplate(requested, old)) return { known, changed: undefined };
  const mayStart = mayStartRollout(requested, old, replicaSets, now, places);
  return { known, changed: mayStart ? known : { ...onlyVersions(replicaSets), routes, grants } };
}
