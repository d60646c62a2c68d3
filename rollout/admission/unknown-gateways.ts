import type { Route } from "../../kube/core/routes.ts";
import { gatewaysOf } from "../gateways/lookup.ts";
import type { Plan } from "../plan/plan.ts";
import { formatDuration } from "../text/duration.ts";

/** Warns of gateways for which Serin only assumes how fast they follow a change, unless the plan says it. */
export function unknownGatewayWarnings({ settleMs }: Plan, routes: readonly Route[]): readonly string[] {
  if (settleMs !== undefined) return [];
  const unknown = routes.flatMap(gatewaysOf).filter(({ controllers }) => controllers.length === 0);
  const said = unknown.map(
    (gateway) =>
      `${gateway.name}: Serin does not know this gateway and assumes that it follows a change within ` +
      `${formatDuration(gateway.settleMs)}; if it needs longer, annotate the Deployment, its profile or its namespace, such ` +
      "as serin.dev/settle: 30s",
  );
  return [...new Set(said)];
}
