import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import { gatewaysOf } from "../gateways/lookup.ts";
import { equal } from "../text/equal.ts";
import { instant } from "../text/instant.ts";
import { canaryServiceName } from "../traffic/canary-service.ts";
import { type Exposure, exposureOf, takenFrom } from "../traffic/exposure.ts";
import { servicesNamed } from "../traffic/overlay.ts";
import { type RouteShare, routeRecordOf, withShare } from "../traffic/route-record.ts";
import { writeRoute } from "../traffic/writes.ts";
import { recordForeignRoutes } from "./foreign-routes.ts";
import { observedSettleMs } from "./observed-settle.ts";
import { grantedExposure, type Snapshot } from "./snapshot.ts";
import { unmetIn } from "./unmet.ts";

/** Writes the routes whose exposure or canary Services differ from the wanted ones. */
export function attach(snapshot: Snapshot, exposure: (share: RouteShare | undefined) => Exposure) {
  const changed = snapshot.routes.flatMap((route) => {
    const present = snapshot.shares.get(route);
    const next = exposure(present);
    const settleMs = settleMsFor(snapshot, present, next);
    const wanted = {
      ...canaryServicesIn(snapshot, route),
      ...unmetIn(route, present),
      ...(settleMs > 0 && { settleMs }),
      ...standbyIn(route),
      ...takenFrom(present, next, snapshot.held.started),
      ...next,
    };
    const { since: _since, ...was } = present ?? {};
    return equal(was, wanted) ? [] : [{ route, share: { ...wanted, since: instant(snapshot.now) } }];
  });
  return [
    ...recordForeignRoutes(
      snapshot,
      changed.map(({ route }) => route),
    ),
    ...changed.map(({ route, share }) => writeRoute(route, snapshot.uid, share)),
  ];
}

/**
 * How long (ms) the gateways take to follow a change, as far as more is known of it than their kinds; 0: nothing. What was observed
 * counts from the next change on: it alone is worth no write.
 */
function settleMsFor(snapshot: Snapshot, present: RouteShare | undefined, next: Exposure): number {
  const isMoving = present === undefined || !equal(exposureOf(present), next);
  const observed = isMoving ? observedSettleMs(snapshot) : 0;
  return Math.max(snapshot.plan.settleMs ?? 0, present?.settleMs ?? 0, observed);
}

function standbyIn(route: Route): Pick<RouteShare, "standby"> {
  return gatewaysOf(route).some(({ forgets }) => forgets) ? { standby: true } : {};
}

function canaryServicesIn(
  snapshot: Snapshot,
  route: Route,
): Pick<RouteShare, "namespace" | "canaryServices"> {
  const namespace = snapshot.deployment.metadata.namespace ?? "";
  const named = servicesNamed(route, namespace);
  const names = snapshot.services.map((service) => service.metadata.name).filter((name) => named.has(name));
  return {
    namespace,
    canaryServices: Object.fromEntries(names.map((name) => [name, canaryServiceName(name)])),
  };
}

/** The route's shares with the one that is granted. */
export function sharesWith(snapshot: Snapshot, route: Route) {
  const share = { ...canaryServicesIn(snapshot, route), ...grantedExposure(snapshot), since: "" };
  return withShare(routeRecordOf(route)?.shares ?? {}, snapshot.uid, share);
}

/** The user's Services that some route names. */
export function routedServices(snapshot: Snapshot): Service[] {
  const namespace = snapshot.deployment.metadata.namespace ?? "";
  const named = new Set(snapshot.routes.flatMap((route) => [...servicesNamed(route, namespace)]));
  return snapshot.services.filter((service) => named.has(service.metadata.name));
}
