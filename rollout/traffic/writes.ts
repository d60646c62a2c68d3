import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import { guardedMerge, pluralOf, target, type Write } from "../../kube/core/writes.ts";
import { isolationPatch, restoreSelector } from "./isolation.ts";
import { routePatch } from "./overlay.ts";
import { type RouteRecord, type RouteShare, routeRecordOf, withShare } from "./route-record.ts";
import { canaryServicePatch } from "./service-copy.ts";
import { turnBackPatch, turnPatch } from "./turn.ts";

/** Isolates a Service to the pods of one ReplicaSet. */
export function writeIsolation(service: Service, uid: string, hash: string, since: string): Write {
  return guardedMerge("services", service, isolationPatch(service, uid, hash, since));
}

/** Turns an isolated Service to the pods of the proven version, with the ports that the user wants for it. */
export function writeTurn(service: Service, uid: string, hash: string, since: string): Write {
  return guardedMerge("services", service, turnPatch(service, uid, hash, since));
}

/** Turns such a Service back to the version before, whose pods a user wants again. */
export function writeTurnBack(service: Service, uid: string, hash: string, since: string): Write {
  return guardedMerge("services", service, turnBackPatch(service, uid, hash, since));
}

/** Restores a Service to the stable version, which came back: its pods have the ports that the Service has now. */
export function writeStableSelector(service: Service): Write {
  return guardedMerge("services", service, restoreSelector(service, "stable"));
}

/** Restores an isolated Service as its owner wrote it. */
export function writeSelector(service: Service): Write {
  return guardedMerge("services", service, restoreSelector(service));
}

/** Creates a canary Service. */
export function createCanaryService(canaryService: Service): Write {
  return { verb: "create", ...target("services", canaryService), body: canaryService };
}

/** Points an existing canary Service at another canary, and copies what the user changed on its Service. */
export function updateCanaryService(canaryService: Service, wanted: Service): Write {
  return guardedMerge("services", canaryService, canaryServicePatch(canaryService, wanted));
}

/** Deletes a canary Service; not a later one of the same name, nor this one if it has served another canary since. */
export function deleteCanaryService(canaryService: Service): Write {
  const { uid, resourceVersion } = canaryService.metadata;
  return { verb: "delete", ...target("services", canaryService), uid, resourceVersion };
}

/** Writes the rollout's share in a route; `undefined` removes it. */
export function writeRoute(route: Route, uid: string, share: RouteShare | undefined): Write {
  return writeShares(route, withShare(routeRecordOf(route)?.shares ?? {}, uid, share));
}

/** Writes all shares in a route. Without shares, it restores the user's route. */
export function writeShares(route: Route, shares: RouteRecord["shares"]): Write {
  return guardedMerge(pluralOf(route), route, routePatch(route, shares));
}
