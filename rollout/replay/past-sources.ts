import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import type { Counted } from "../judge/evidence.ts";
import type { Plan } from "../plan/plan.ts";
import { isolable } from "../preflight/membership.ts";
import { isWantedRoute, wantedServices } from "../preflight/selection.ts";
import { sourcesOf } from "../stages/judge-input.ts";
import { canaryServiceName } from "../traffic/canary-service.ts";
import { servicesOf } from "../traffic/isolation.ts";
import { overlay, rulesOf, servicesNamed } from "../traffic/overlay.ts";
import { homeOf, type RouteShare } from "../traffic/route-record.ts";
import type { RunRecord } from "../workload/run-record.ts";

/** A rollout that has ended, and the objects of its namespace as they are now. */
export interface PastRun {
  readonly deployment: Deployment;
  readonly plan: Plan;
  /** The version that was the canary. */
  readonly judged: ReplicaSet;
  readonly run: Pick<RunRecord, "stable">;
  readonly services: readonly Service[];
  readonly routes: readonly Route[];
}

/** A weight at which every rule of the user that names the Service has its canary Service as well. */
const ANY_WEIGHT = 50;

/**
 * The backends that counted a rollout that has ended. Its overlay is gone, but it follows from the routes, as long as these
 * name the Services as they did then.
 */
export function pastSources({
  deployment,
  plan,
  judged,
  run,
  services,
  routes,
}: PastRun): readonly Counted[] {
  const { name, namespace = "", uid = "" } = deployment.metadata;
  const selecting = wantedServices(plan, servicesOf(judged.spec.template, services));
  const named = (route: Route) => {
    const own = servicesNamed(route, namespace);
    return selecting.filter(({ metadata }) => own.has(metadata.name));
  };
  const leading = routes.filter((route) => isWantedRoute(plan, route, namespace) && named(route).length > 0);
  const isolated = new Set(isolable(selecting, leading));
  const shares = new Map<Route, RouteShare>(
    leading.map((route) => {
      const canaryServices = named(route)
        .filter((service) => isolated.has(service))
        .map(({ metadata }) => [metadata.name, canaryServiceName(metadata.name)]);
      const share = { namespace, canaryServices: Object.fromEntries(canaryServices), since: "" };
      return withShare(route, uid, { ...share, weight: ANY_WEIGHT });
    }),
  );
  return sourcesOf({
    deployment,
    plan,
    routes: [...shares.keys()],
    shares,
    judged,
    stable: { metadata: { name: `${name}-${run.stable}` } },
  });
}

/** Whether no route split the traffic of the rollout that these backends counted. */
export function isByPods(sources: readonly Counted[]): boolean {
  return sources.some(({ canary }) => canary.some(({ route }) => route === ""));
}

function withShare(route: Route, uid: string, share: RouteShare): [Route, RouteShare] {
  const rules = overlay(rulesOf(route), { [uid]: share }, homeOf(route));
  return [{ ...route, spec: { ...route.spec, rules: [...rules] } }, share];
}
