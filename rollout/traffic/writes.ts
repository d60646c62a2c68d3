import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import { guarded, pluralOf, target, type Write } from "../../kube/core/writes.ts";
import { isolationPatch, restoreSelector } from "./isolation.ts";
import { routePatch } from "./overlay.ts";
import { type RouteRecord, type RouteShare, routeRecordOf, withShare } from "./route-record.ts";

/** Narrows a Service to the pods of one ReplicaSet. */
export function writeIsolation(service: Service, uid: string, hash: string, since: string): Write {
  return {
    verb: "merge",
    ...target("services", service),
    body: guarded(service, isolationPatch(service, uid, hash, since)),
  };
}

/** Makes a narrowed Service its owner's again. */
export function writeSelector(service: Service): Write {
  return { verb: "merge", ...target("services", service), body: guarded(service, restoreSelector(service)) };
}

/** Creates a twin. */
export function createCanaryService(canaryService: Service): Write {
  return { verb: "create", ...target("services", canaryService), body: canaryService };
}

/** Points an existing twin at another canary. Null takes away what the old selector had more. */
export function updateCanaryService(canaryService: Service, wanted: Service): Write {
  const { selector, ports } = wanted.spec;
  const gone = Object.keys(canaryService.spec.selector ?? {}).filter((key) => !(key in (selector ?? {})));
  const body = {
    spec: { selector: { ...selector, ...Object.fromEntries(gone.map((key) => [key, null])) }, ports },
  };
  return { verb: "merge", ...target("services", canaryService), body: guarded(canaryService, body) };
}

/** Deletes a twin: this one, not one of the same name that came after it, nor when it has got another canary since. */
export function deleteCanaryService(canaryService: Service): Write {
  const { uid, resourceVersion } = canaryService.metadata;
  return { verb: "delete", ...target("services", canaryService), uid, resourceVersion };
}

/** The rollout's share in a route; `undefined` takes it out. */
export function writeRoute(route: Route, uid: string, share: RouteShare | undefined): Write {
  return writeShares(route, withShare(routeRecordOf(route)?.shares ?? {}, uid, share));
}

/** All shares in a route; none gives it back to its owner. */
export function writeShares(route: Route, shares: RouteRecord["shares"]): Write {
  return { verb: "merge", ...target(pluralOf(route), route), body: routePatch(route, shares) };
}
