import type { Route } from "../../kube/core/routes.ts";
import type { Service, ServicePort } from "../../kube/core/services.ts";
import type { Container, PodTemplate } from "../../kube/core/workloads.ts";
import { equal } from "../text/equal.ts";
import { routedPorts } from "../traffic/routed-ports.ts";
import { wantedPorts } from "../traffic/target-ports.ts";

/** The way out of a port that no container has. */
export const PORT_USE = "name the port alike, or change the Service's targetPort";

/** The named ones of these targetPorts that no container of the template has. */
function missingPorts(ports: readonly ServicePort[], template: PodTemplate): readonly string[] {
  const containers = containersOf(template);
  return ports.flatMap(({ targetPort, protocol = "TCP" }) =>
    typeof targetPort === "string" && !containers.some((container) => has(container, targetPort, protocol))
      ? [targetPort]
      : [],
  );
}

function containersOf({ spec = {} }: PodTemplate): readonly Container[] {
  const sidecars = spec.initContainers?.filter(({ restartPolicy }) => restartPolicy === "Always") ?? [];
  return [...(spec.containers ?? []), ...sidecars];
}

function has({ ports = [] }: Container, wanted: string, of: string): boolean {
  return ports.some(({ name, protocol = "TCP" }) => name === wanted && protocol === of);
}

/** The Service's ports as the user wants them for the new version: those to which the routes send requests. */
function wantedFor(service: Service, routes: readonly Route[]): readonly ServicePort[] {
  return routedPorts({ ...service, spec: { ...service.spec, ports: wantedPorts(service) } }, routes);
}

/** The first targetPort of a Service whose routed ports only the fresh template has; `undefined`: the stable one has one of them. */
export function onlyFreshPort(
  service: Service,
  routes: readonly Route[],
  stable: PodTemplate,
  fresh: PodTemplate,
): string | number | undefined {
  const wanted = wantedFor(service, routes);
  const moved = wanted.flatMap(({ port, targetPort = port }) =>
    typeof targetPort === "number" && movesTo(targetPort, stable, fresh) ? [targetPort] : [],
  );
  const lacking = [...missingPorts(wanted, stable), ...moved];
  const isCutOff = lacking.length === wanted.length && missingPorts(wanted, fresh).length < wanted.length;
  return isCutOff ? lacking[0] : undefined;
}

/**
 * Whether the fresh template declares this port in place of one of the stable template's. A declaration binds no one: a port
 * that is only declared later, beside those from before, may have been open all the time.
 */
function movesTo(number: number, stable: PodTemplate, fresh: PodTemplate): boolean {
  const [before, after] = [stable, fresh].map((template) =>
    containersOf(template).flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort)),
  ) as [(number | undefined)[], (number | undefined)[]];
  const isNew = after.includes(number) && !before.includes(number);
  return isNew && before.some((port) => !after.includes(port));
}

/** Which Service's port the template's pods lack, as a sentence without its end; `undefined`: none. Of routed ports only. */
export function portless(
  services: readonly Service[],
  routes: readonly Route[],
  template: PodTemplate,
): string | undefined {
  return services
    .flatMap((service) => missingPorts(wantedFor(service, routes), template).map(lackOf(service)))
    .at(0);
}

function lackOf({ metadata }: Service): (port: string) => string {
  return (port) =>
    `Service ${metadata.name} sends to targetPort "${port}", and no container of the new version has a port of that name`;
}

/**
 * Warns of ports of Services that reach the stable version's pods and not the new version's. It may still change: another
 * apply may follow, and injected containers have ports, too.
 */
export function portlessWarnings(
  services: readonly Service[],
  routes: readonly Route[],
  template: PodTemplate,
  stable: PodTemplate,
): readonly string[] {
  const isLost = (port: ServicePort) =>
    missingPorts([port], template).length > 0 && missingPorts([port], stable).length === 0;
  return services.flatMap((service) =>
    wantedPorts(service)
      .filter(isLost)
      .map((port) => {
        const then =
          waitFor(port, service, routes, stable) ?? `no pod answers at port ${port.port} after the promotion`;
        return `${lackOf(service)(String(port.targetPort))}: ${then}; ${PORT_USE}`;
      }),
  );
}

/**
 * How the rollout waits for this port; `undefined`: it does not. Only a port to which a route sends requests keeps the weight
 * at 0. Without a route there is no weight, and a Service counts if the stable version has all its ports.
 */
function waitFor(
  port: ServicePort,
  service: Service,
  routes: readonly Route[],
  stable: PodTemplate,
): string | undefined {
  if (routes.length === 0) {
    const isServed = missingPorts(wantedPorts(service), stable).length === 0;
    return isServed ? "the canary's pods do not count as ready until one has it" : undefined;
  }
  const isRouted = wantedFor(service, routes).some((one) => equal(one, port));
  return isRouted ? "the canary gets no weight until one has it" : undefined;
}
