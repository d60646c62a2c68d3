import type { Route } from "../../kube/core/routes.ts";
import { isHeadless, type Service } from "../../kube/core/services.ts";
import type { PodTemplate } from "../../kube/core/workloads.ts";
import type { Plan } from "../plan/plan.ts";
import { formatProblem } from "../text/parse.ts";
import { selects, servicesOf } from "../traffic/isolation.ts";
import { namesAny } from "../traffic/overlay.ts";
import { isIsolated, selectorOf } from "../traffic/service-record.ts";
import { onlyFreshPort } from "./ports.ts";
import { wantedServices } from "./selection.ts";

/**
 * The Services that Serin isolates, out of those that select the pods. A headless one only behind a route: elsewhere pods
 * find each other through it, and a canary must find them, too.
 */
export function isolable(services: readonly Service[], routes: readonly Route[]): readonly Service[] {
  return services.filter(
    (service) => !isHeadless(service) || isIsolated(service) || isNamed(service, routes),
  );
}

/** Why the new version's pods would stand behind none of the Services that matter: its template lacks a label. */
export function unmatched(
  services: readonly Service[],
  routes: readonly Route[],
  template: PodTemplate,
): string | undefined {
  const service = deciding(services, routes).find((one) => !selects(selectorOf(one), template));
  return service && formatProblem({ what: lackOf(service, template), use: USE }, ofService(service));
}

/**
 * Why no canary is possible: each Service that matters leads to the new template and not to the stable one, so the stable
 * version has no request left. It is so when the Service was changed first, as helm does.
 */
export function selectedAlone(
  plan: Plan,
  all: readonly Service[],
  routes: readonly Route[],
  templates: { readonly stable: PodTemplate; readonly fresh: PodTemplate },
): string | undefined {
  const wanted = (template: PodTemplate) => wantedServices(plan, servicesOf(template, all));
  const stable = new Set(wanted(templates.stable));
  const either = [...stable, ...wanted(templates.fresh).filter((service) => !stable.has(service))];
  const decisive = deciding(isolable(either, routes), routes);
  const lost = decisive.map((service) => {
    if (!stable.has(service)) return `Service ${service.metadata.name} selects only the new template`;
    const port = onlyFreshPort(service, routes, templates.stable, templates.fresh);
    return (
      port &&
      `Service ${service.metadata.name} sends to targetPort ${quoted(port)}, which only the new template has`
    );
  });
  const [first] = lost;
  return first === undefined || lost.includes(undefined)
    ? undefined
    : `${first}: the stable version gets no request through it`;
}

function quoted(port: string | number): string {
  return typeof port === "string" ? `"${port}"` : String(port);
}

/** Warns of Services that do not matter to the canary and will select none of its pods. */
export function leavingWarnings(services: readonly Service[], template: PodTemplate): readonly string[] {
  return services
    .filter((service) => !selects(selectorOf(service), template))
    .map(
      (service) => `${ofService(service)}: ${lackOf(service, template)}: after the promotion it has no pod`,
    );
}

/** Warns of the Services that will select the new version's pods only: Serin cannot isolate them to the stable version. */
export function joiningWarnings(
  all: readonly Service[],
  stable: PodTemplate,
  fresh: PodTemplate,
): readonly string[] {
  return servicesOf(fresh, all)
    .filter((service) => !selects(selectorOf(service), stable))
    .map(
      (service) =>
        `${ofService(service)} selects the new version's pods and not the stable version's: canary pods stand behind it before any weight`,
    );
}

/** One warning of the Services that select the pods and that Serin does not isolate, unless their owner asked for it. */
export function unroutedWarnings(
  all: readonly Service[],
  isolated: readonly Service[],
  stable: PodTemplate,
): readonly string[] {
  const names = servicesOf(stable, all)
    .filter((service) => !isolated.includes(service))
    .map(({ metadata }) => metadata.name);
  if (names.length === 0) return [];
  const which =
    names.length === 1
      ? `Service ${names[0]}, which also selects`
      : `Services ${names.join(", ")}, which also select`;
  return [
    `Serin does not isolate ${which} these pods: canary pods stand behind ${names.length === 1 ? "it" : "them"} before any weight`,
  ];
}

/** The Services on which the canary's traffic depends: those that a route names; without any such, all. */
function deciding(services: readonly Service[], routes: readonly Route[]): readonly Service[] {
  const named = services.filter((service) => isNamed(service, routes));
  return named.length > 0 ? named : services;
}

const USE = "remove the label from the Service's selector";

function lackOf(service: Service, template: PodTemplate): string {
  const labels = template.metadata?.labels ?? {};
  const [key = "", value] =
    Object.entries(selectorOf(service)).find(([label, wanted]) => labels[label] !== wanted) ?? [];
  const instead = labels[key] === undefined ? "does not have the label" : `has ${key}=${labels[key]}`;
  return `it selects ${key}=${value}, and the new template ${instead}`;
}

function isNamed(service: Service, routes: readonly Route[]): boolean {
  return routes.some((route) => namesAny(route, [service]));
}

function ofService({ metadata }: Service): string {
  return `Service ${metadata.name}`;
}
