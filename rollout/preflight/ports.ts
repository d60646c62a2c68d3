import type { Service } from "../../kube/core/services.ts";
import type { Container, PodTemplate } from "../../kube/core/workloads.ts";
import { wantedPorts } from "../traffic/target-ports.ts";

/** The way out of a port that no container has. */
export const PORT_USE = "name the port alike, or change the Service's targetPort";

/** The named targetPorts of a Service, for the new version, that no container of the template has. */
function missingPorts(service: Service, template: PodTemplate): readonly string[] {
  const containers = containersOf(template);
  return wantedPorts(service).flatMap(({ targetPort, protocol = "TCP" }) =>
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

/** The first targetPort of a Service whose ports only the fresh template has; `undefined`: the stable one has one of them. */
export function onlyFreshPort(
  service: Service,
  stable: PodTemplate,
  fresh: PodTemplate,
): string | number | undefined {
  const wanted = wantedPorts(service);
  const moved = wanted.flatMap(({ port, targetPort = port }) =>
    typeof targetPort === "number" && movesTo(targetPort, stable, fresh) ? [targetPort] : [],
  );
  const lacking = [...missingPorts(service, stable), ...moved];
  const isCutOff = lacking.length === wanted.length && missingPorts(service, fresh).length < wanted.length;
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

/** Which Service's port the template's pods lack, as a sentence without its end; `undefined`: none. */
export function portless(services: readonly Service[], template: PodTemplate): string | undefined {
  return services
    .flatMap((service) =>
      missingPorts(service, template).map(
        (port) =>
          `Service ${service.metadata.name} sends to targetPort "${port}", and no container of the new version has a port of that name`,
      ),
    )
    .at(0);
}

/**
 * Warns of Services that cannot reach the new version's pods and reach the stable version's. It may still change: another
 * apply may follow, and injected containers have ports, too.
 */
export function portlessWarnings(
  services: readonly Service[],
  template: PodTemplate,
  stable: PodTemplate,
): readonly string[] {
  const affected = services.filter((service) => {
    const lacking = missingPorts(service, stable);
    return missingPorts(service, template).some((port) => !lacking.includes(port));
  });
  const what = portless(affected, template);
  return what === undefined ? [] : [`${what}: the canary gets no weight until one has it; ${PORT_USE}`];
}
