import type { Route } from "../../kube/core/routes.ts";
import type { Service, ServicePort } from "../../kube/core/services.ts";
import { rulesOf } from "./overlay.ts";
import { homeOf, isService } from "./route-record.ts";

/**
 * The Service's ports to which the routes send requests: HTTP and gRPC go over TCP, and a port of the same number may serve
 * HTTP/3 over UDP. All ports if no route names one that the Service has.
 */
export function routedPorts({ metadata, spec }: Service, routes: readonly Route[]): readonly ServicePort[] {
  const { ports = [] } = spec;
  const refs = routes.flatMap((route) =>
    rulesOf(route)
      .flatMap(({ backendRefs = [] }) => backendRefs)
      .filter(
        (ref) =>
          isService(ref) &&
          ref.name === metadata.name &&
          (ref.namespace ?? homeOf(route).namespace) === metadata.namespace,
      ),
  );
  const numbers = new Set(refs.map(({ port }) => port));
  const named = ports.filter(({ port, protocol = "TCP" }) => numbers.has(port) && protocol === "TCP");
  return named.length > 0 ? named : ports;
}
