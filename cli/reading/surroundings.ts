import { listRoutes } from "../../kube/client/routes.ts";
import { services } from "../../kube/core/resources.ts";
import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import type { Plan } from "../../rollout/plan/plan.ts";
import { isolable } from "../../rollout/preflight/membership.ts";
import { isWantedRoute, wantedServices } from "../../rollout/preflight/selection.ts";
import { servicesOf } from "../../rollout/traffic/isolation.ts";
import { namesAny } from "../../rollout/traffic/overlay.ts";
import type { Cluster } from "../frame/cluster.ts";

/** What leads to a Deployment's pods in its namespace. */
export interface Surroundings {
  /** The Services that a rollout isolates. */
  readonly isolated: readonly Service[];
  /** Those that select the pods as well and that a rollout leaves as they are. */
  readonly left: readonly Service[];
  /** The routes that a rollout changes. */
  readonly routes: readonly Route[];
}

/** Reads it. Routes of other namespaces are not looked for: few people may read them. Throws as Kube does. */
export async function readSurroundings(
  { kube, namespace }: Pick<Cluster, "kube" | "namespace">,
  { spec }: Deployment,
  plan: Plan,
): Promise<Surroundings> {
  const [{ items }, routes] = await Promise.all([
    kube.list<Service>(services, { namespace }),
    listRoutes<Route>(kube, {}, { namespace }),
  ]);
  const selecting = servicesOf(spec.template, items);
  const wanted = wantedServices(plan, selecting);
  const leading = routes.filter((route) => isWantedRoute(plan, route, namespace) && namesAny(route, wanted));
  const isolated = isolable(wanted, leading);
  return { isolated, left: selecting.filter((one) => !isolated.includes(one)), routes: leading };
}
