import type { Route } from "../../kube/core/routes.ts";
import type { Gateway } from "./gateway.ts";
import { gateways } from "./registry.ts";
import { unknownGateway } from "./unknown.ts";

const byDomain: ReadonlyMap<string, Gateway> = new Map(
  Object.values<Gateway>(gateways).flatMap((gateway) =>
    gateway.controllers.map((domain) => [domain, gateway] as const),
  ),
);

/** The implementations that wrote a status on the route. */
export function gatewaysOf(route: Route): readonly Gateway[] {
  const names = new Set((route.status?.parents ?? []).map((parent) => parent.controllerName ?? ""));
  return [...names].map(gatewayOf);
}

function gatewayOf(controllerName: string): Gateway {
  const [domain = ""] = controllerName.split("/");
  return byDomain.get(domain) ?? { ...unknownGateway, name: controllerName || unknownGateway.name };
}
