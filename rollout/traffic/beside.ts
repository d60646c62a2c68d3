import { type Ingress, servicesOfIngress } from "../../kube/core/ingresses.ts";
import { keyOf } from "../../kube/core/meta.ts";
import type { BackendRef, Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import { namesAny, rulesOf } from "./overlay.ts";
import { homeOf, isService } from "./route-record.ts";

/** The objects that may bring a Service requests. */
export interface Ways {
  readonly services: readonly Service[];
  readonly routes: readonly Route[];
  /** The routes to these Services that the plan leaves out; absent: none. */
  readonly leftOut?: readonly Route[];
  readonly ingresses: readonly Ingress[];
  /** The Services of the namespace, those of type ExternalName among them; absent: none of this type. */
  readonly aliases?: readonly Service[];
}

/** What brings the Services requests that no weight splits, one clause for each: they reach the stable version only. */
export function besideWeights({
  services,
  leftOut = [],
  ingresses,
  aliases = [],
}: Omit<Ways, "routes">): readonly string[] {
  const names = services.map(({ metadata }) => metadata.name);
  const leading = ingresses.flatMap((ingress) => {
    const named = servicesOfIngress(ingress);
    const own = names.filter((name) => named.has(name));
    return own.length === 0
      ? []
      : [`${ingress.kind ?? "Ingress"} ${ingress.metadata.name} leads to Service ${own.join(", ")} too`];
  });
  const others = leftOut.flatMap((route) => {
    const { kind } = homeOf(route);
    const own = services.filter((service) => namesAny(route, [service]));
    return own.length === 0
      ? []
      : [
          `${kind} ${keyOf(route)} leads to Service ${own.map(({ metadata }) => metadata.name).join(", ")} too, and serin.dev/routes leaves it out`,
        ];
  });
  const open = services.flatMap((service) => {
    const type = openType(service);
    return type === undefined
      ? []
      : [`Service ${service.metadata.name} of type ${type} takes requests without the gateway`];
  });
  const named = aliases.flatMap((alias) =>
    services
      .filter((service) => isAlias(alias, service))
      .map(
        ({ metadata }) =>
          `Service ${alias.metadata.name} of type ExternalName leads to Service ${metadata.name} too`,
      ),
  );
  return [...leading, ...others, ...open, ...named];
}

/** Whether a Service stands for the name that the cluster's DNS gives another one. */
function isAlias({ spec }: Service, { metadata: { name, namespace } }: Service): boolean {
  return spec.type === "ExternalName" && `${spec.externalName}.`.startsWith(`${name}.${namespace}.svc.`);
}

/** The type of a Service that takes requests from outside of the cluster by itself. */
function openType({ spec: { type = "ClusterIP", externalIPs } }: Service): string | undefined {
  if (type === "LoadBalancer" || type === "NodePort") return type;
  return Array.isArray(externalIPs) && externalIPs.length > 0 ? `${type} with externalIPs` : undefined;
}

/** The rules in which sessions keep users at the backend that they got first, whatever the weights: one clause for each. */
export function keptSessions({ services, routes }: Pick<Ways, "services" | "routes">): readonly string[] {
  return routes.flatMap((route) => {
    const { kind, namespace } = homeOf(route);
    const isOwn = (ref: BackendRef) =>
      isService(ref) &&
      services.some(
        ({ metadata }) => metadata.name === ref.name && metadata.namespace === (ref.namespace ?? namespace),
      );
    return rulesOf(route).flatMap(({ backendRefs = [], sessionPersistence }, i) =>
      sessionPersistence && backendRefs.some(isOwn)
        ? [`rule ${i} of ${kind} ${keyOf(route)} has sessionPersistence`]
        : [],
    );
  });
}
