import { unmatched } from "../preflight/membership.ts";
import { missingRoutes } from "../preflight/selection.ts";
import type { Decision } from "./decision.ts";
import { awaitWithoutWeight } from "./expose.ts";
import { rollBack } from "./rollback.ts";
import type { Snapshot } from "./snapshot.ts";

/** The first route of `serin.dev/routes` that names none of these Services. A route may name a Service that Serin does not know. */
export function missingRoute({ lacksServices, deployment, routes, plan }: Snapshot) {
  if (lacksServices) return undefined;
  const [missing] = missingRoutes(plan, routes, deployment.metadata.namespace ?? "");
  return missing;
}

/**
 * Waits without weight for a route of `serin.dev/routes` that is not there: a user may be replacing it, or may apply it after the
 * Deployment. A slip in the annotation is told meanwhile, and ends the rollout at the user's deadline.
 */
export function checkRoutes(snapshot: Snapshot): Decision | undefined {
  const missing = missingRoute(snapshot);
  if (missing === undefined) return undefined;
  const services = snapshot.services.map(({ metadata }) => metadata.name).join(", ");
  return awaitWithoutWeight(
    snapshot,
    `serin.dev/routes: no route "${missing.name}" names a Service of these pods (${services || "none"})`,
  );
}

/** Rolls back if the Services on which the canary depends never select it: its template has other labels. */
export function checkLabels(snapshot: Snapshot): Decision | undefined {
  if (snapshot.lacksServices) return undefined;
  const { services, routes, canary } = snapshot;
  const reason = canary && unmatched(services, routes, canary.spec.template);
  return reason === undefined ? undefined : rollBack(snapshot, reason);
}
