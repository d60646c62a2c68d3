import { keyOf } from "../../kube/core/meta.ts";
import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import { rulesOf } from "./overlay.ts";
import { homeOf, isService } from "./route-record.ts";

/**
 * Why the routes bring the Services no request, one clause for each route: their owner gives each of the Services a weight of
 * 0, as of the color that does not serve. None if some rule gives one of them requests, or if no rule names one.
 */
export function idleRoutes(services: readonly Service[], routes: readonly Route[]): readonly string[] {
  const found = routes.map((route) => {
    const { kind, namespace } = homeOf(route);
    const isOwn = (name: string, home = namespace) =>
      services.some(({ metadata }) => metadata.name === name && metadata.namespace === home);
    const refs = rulesOf(route)
      .flatMap(({ backendRefs = [] }) => backendRefs)
      .filter((ref) => isService(ref) && isOwn(ref.name, ref.namespace));
    const names = [...new Set(refs.map(({ name }) => name))];
    const clause = `${kind} ${keyOf(route)} gives Service ${names.join(", ")} a weight of 0`;
    return { refs, clause };
  });
  const naming = found.filter(({ refs }) => refs.length > 0);
  const isIdle = naming.every(({ refs }) => refs.every(({ weight }) => weight === 0));
  return isIdle ? naming.map(({ clause }) => clause) : [];
}
