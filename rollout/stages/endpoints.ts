import type { Route } from "../../kube/core/routes.ts";
import type { EndpointSlice, Service } from "../../kube/core/services.ts";
import { canaryServiceName } from "../traffic/canary-service.ts";
import { routedPorts } from "../traffic/routed-ports.ts";

/** The ready endpoints of a Service: all of them, and those that have a port, by its name. */
interface Endpoints {
  readonly all: ReadonlySet<string>;
  readonly having: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Name of a canary Service → how many endpoints can take what the routes send: an endpoint is ready and has every port by
 * which a route names the Service. Kubernetes lists a pod without the Service's named targetPort as ready and without a port.
 * A port that the stable version lacks, too, is not asked for.
 */
export function servingEndpoints(
  slices: readonly EndpointSlice[],
  services: readonly Service[],
  routes: readonly Route[],
): ReadonlyMap<string, number> {
  const endpoints = (service: string) =>
    endpointsOf(slices.filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service));
  return new Map(
    services.map((service) => {
      const stable = endpoints(service.metadata.name);
      const isAsked = (port: string) => stable.all.size === 0 || stable.having.has(port);
      const names = routedPorts(service, routes).map(({ name = "" }) => name);
      const canary = canaryServiceName(service.metadata.name);
      return [canary, countWith(endpoints(canary), names.filter(isAsked))];
    }),
  );
}

function countWith({ all, having }: Endpoints, ports: readonly string[]): number {
  return [...all].filter((endpoint) => ports.every((port) => having.get(port)?.has(endpoint))).length;
}

/** An endpoint in two slices, as one of two address families, counts once. */
function endpointsOf(slices: readonly EndpointSlice[]): Endpoints {
  const all = new Set<string>();
  const having = new Map<string, Set<string>>();
  for (const { ports, endpoints } of slices) {
    const ready = (endpoints ?? []).filter(({ conditions = {} }) => isReady(conditions));
    const names = ready.map(({ targetRef, addresses }) => targetRef?.name ?? addresses?.[0] ?? "");
    for (const name of names) all.add(name);
    for (const { name } of names.length > 0 ? (ports ?? []) : []) {
      having.set(name ?? "", new Set([...(having.get(name ?? "") ?? []), ...names]));
    }
  }
  return { all, having };
}

/** Whether the pod itself is ready: with publishNotReadyAddresses, an endpoint is called ready whatever its pod is. */
function isReady({ ready, serving }: { readonly ready?: boolean; readonly serving?: boolean }): boolean {
  return ready !== false && serving !== false;
}
