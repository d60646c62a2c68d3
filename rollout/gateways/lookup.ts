import type { Route } from "../../kube/core/routes.ts";
import { homeOf } from "../traffic/route-record.ts";
import { isAnswer } from "../traffic/route-status.ts";
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
  const parents = (route.status?.parents ?? []).filter(
    (parent) => isAnswer(parent) || gatewayOf(parent.controllerName) !== undefined,
  );
  return [...new Set(parents.map(({ controllerName = "" }) => controllerName))].map(
    (name) => gatewayOf(name) ?? { ...unknownGateway, name: name || unknownGateway.name },
  );
}

/** Whether a gateway of the route counts nothing that Serin can use, so that the application's counters decide. */
export function lacksCounters(route: Route): boolean {
  const { kind } = homeOf(route);
  return gatewaysOf(route).some(({ metrics }) => metrics.unusable?.[kind] !== undefined);
}

/** Whether Serin knows the implementation with this controllerName. */
export function isKnownController(controllerName: string): boolean {
  return gatewayOf(controllerName) !== undefined;
}

/** Why Serin refuses every plan behind the implementation with this controllerName, as a sentence; `undefined` if it does not. */
export function refusalOf(controllerName: string): string | undefined {
  const { name, refuses } = gatewayOf(controllerName) ?? {};
  return refuses && `${name} ${refuses}`;
}

/** The implementation with this controllerName, if Serin knows it. */
export function gatewayOf(controllerName = ""): Gateway | undefined {
  return byDomain.get(controllerName.split("/")[0] ?? "");
}
