import type { Plan } from "../plan/plan.ts";
import { selectedAlone } from "../preflight/membership.ts";
import { isWantedRoute } from "../preflight/selection.ts";
import type { TemplateChange } from "./change.ts";

/** Why a Deployment at rest gets no canary, although it has opted in; `undefined`: it may get one. */
export function whyNative({ object, old, cluster, routes }: TemplateChange, plan: Plan): string | undefined {
  const { strategy, replicas = 1, template } = object.spec;
  if (strategy?.type === "Recreate")
    return "strategy Recreate: two versions of this Deployment may not run side by side";
  if (replicas === 0) return "replicas is 0: nothing serves";
  const { maxSurge = "25%" } = strategy?.rollingUpdate ?? {};
  if (/^0+%?$/.test(String(maxSurge)))
    return `maxSurge is ${maxSurge}: no pod may run beside the wanted ${replicas}`;
  const { namespace = "" } = old.metadata;
  const wanted = routes.filter((route) => isWantedRoute(plan, route, namespace));
  return selectedAlone(plan, cluster.services, wanted, { stable: old.spec.template, fresh: template });
}
