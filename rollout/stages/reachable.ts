import { keyOf } from "../../kube/core/meta.ts";
import { unmatched } from "../preflight/membership.ts";
import type { Decision } from "./decision.ts";
import { rollBack } from "./rollback.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Rolls back if `serin.dev/routes` names a route that names none of these Services: the canary would get no traffic. A route may
 * name a Service that Serin does not know.
 */
export function checkRoutes(snapshot: Snapshot): Decision | undefined {
  if (snapshot.lacksServices) return undefined;
  const home = snapshot.deployment.metadata.namespace ?? "";
  const found = snapshot.routes.map(keyOf);
  const wrong = snapshot.plan.routes?.find(
    ({ namespace = home, name }) => !found.includes(`${namespace}/${name}`),
  );
  if (wrong === undefined) return undefined;
  const services = snapshot.services.map(({ metadata }) => metadata.name).join(", ");
  return rollBack(
    snapshot,
    `serin.dev/routes: no route "${wrong.name}" names a Service of these pods (${services || "none"})`,
  );
}

/** Rolls back if the Services on which the canary depends never select it: its template has other labels. */
export function checkLabels(snapshot: Snapshot): Decision | undefined {
  if (snapshot.lacksServices) return undefined;
  const { services, routes, canary } = snapshot;
  const reason = canary && unmatched(services, routes, canary.spec.template);
  return reason === undefined ? undefined : rollBack(snapshot, reason);
}
