import { keyOf } from "../../kube/core/meta.ts";
import type { Route } from "../../kube/core/routes.ts";
import { gatewaysOf } from "../../rollout/gateways/lookup.ts";
import { notAccepted } from "../../rollout/gateways/settle.ts";
import type { Plan } from "../../rollout/plan/plan.ts";
import type { Autoscaler } from "../../rollout/workload/autoscalers.ts";
import type { Finding } from "../lint/finding.ts";
import type { Surroundings } from "../reading/surroundings.ts";

/** Whether a gateway would share the traffic of these routes. */
export function aboutRoutes({ isolated, routes }: Surroundings): readonly Finding[] {
  const where = "gateway";
  const names = isolated.map(({ metadata }) => metadata.name).join(", ");
  if (routes.length === 0) {
    const behind = names === "" ? "no Service selects these pods" : `no route names Service ${names}`;
    return [
      {
        kind: "warning",
        where,
        says: `${behind}, so the canary's share follows its pods, and no gateway counts it`,
      },
    ];
  }
  return routes.map((route): Finding => aboutRoute(route));
}

function aboutRoute(route: Route): Finding {
  const where = `${(route.kind ?? "HTTPRoute").toLowerCase()}/${route.metadata.name}`;
  const refused = notAccepted(route);
  if (refused !== undefined) return { kind: "warning", where, says: refused };
  const by = gatewaysOf(route).map(({ name }) => name);
  return { kind: "good", where, says: `route ${keyOf(route)} is accepted by ${by.join(", ")}` };
}

/** The autoscalers of the Deployment: admission warns of those that a canary misleads. */
export function aboutAutoscalers(deployment: string, found: readonly Autoscaler[]): readonly Finding[] {
  const own = found.filter(
    ({ spec: { scaleTargetRef: target } }) => target.kind === "Deployment" && target.name === deployment,
  );
  return own.map(({ metadata, spec }): Finding => {
    const says = `scales both versions in flight, up to ${spec.maxReplicas} replicas`;
    return { kind: "good", where: `hpa/${metadata.name}`, says };
  });
}

/** The hosts that the plan's hooks call: the webhook refuses a plan with others. */
export function aboutHooks({ hooks }: Plan): readonly Finding[] {
  const hosts = [...new Set(hooks.map(({ url }) => new URL(url).host))];
  return hosts.length === 0 ? [] : [{ kind: "good", where: "hooks", says: `${hosts.join(", ")}: allowed` }];
}
