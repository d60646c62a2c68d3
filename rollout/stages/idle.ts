import { application } from "../gateways/metrics/application.ts";
import type { Counted } from "../judge/evidence.ts";
import { idleRoutes } from "../traffic/idle.ts";
import type { Facts } from "./snapshot.ts";

/**
 * Why no gateway has a request of either version to count, by the wish of the routes' owners; `undefined` if it may have some.
 * An application counts requests that come without a gateway, too.
 */
export function idleBy(
  { services, routes }: Pick<Facts, "services" | "routes">,
  sources: readonly Pick<Counted, "pack">[] = [],
): string | undefined {
  const clauses = sources.some(({ pack }) => pack === application) ? [] : idleRoutes(services, routes);
  return clauses.length === 0 ? undefined : clauses.join("; ");
}
