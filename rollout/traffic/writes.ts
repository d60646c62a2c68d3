import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import { guarded, pluralOf, target, type Write } from "../../kube/core/writes.ts";
import { narrow, widen } from "./isolation.ts";
import { routePatch } from "./overlay.ts";
import { type Flight, type HeldRoute, heldRouteOf, withFlight } from "./route-record.ts";

/** Narrows a Service to the pods of one ReplicaSet. */
export function writeNarrow(service: Service, uid: string, hash: string, since: string): Write {
  return {
    verb: "merge",
    ...target("services", service),
    body: guarded(service, narrow(service, uid, hash, since)),
  };
}

/** Makes a narrowed Service its owner's again. */
export function writeWiden(service: Service): Write {
  return { verb: "merge", ...target("services", service), body: guarded(service, widen(service)) };
}

/** Creates a twin. */
export function writeTwin(twin: Service): Write {
  return { verb: "create", ...target("services", twin), body: twin };
}

/** Points an existing twin at another canary. Null takes away what the old selector had more. */
export function mendTwin(twin: Service, wanted: Service): Write {
  const { selector, ports } = wanted.spec;
  const gone = Object.keys(twin.spec.selector ?? {}).filter((key) => !(key in (selector ?? {})));
  const body = {
    spec: { selector: { ...selector, ...Object.fromEntries(gone.map((key) => [key, null])) }, ports },
  };
  return { verb: "merge", ...target("services", twin), body: guarded(twin, body) };
}

/** Deletes a twin: this one, not one of the same name that came after it, nor when it has got another canary since. */
export function deleteTwin(twin: Service): Write {
  const { uid, resourceVersion } = twin.metadata;
  return { verb: "delete", ...target("services", twin), uid, resourceVersion };
}

/** The rollout's share in a route; `undefined` takes it out. */
export function writeRoute(route: Route, uid: string, flight: Flight | undefined): Write {
  return writeFlights(route, withFlight(heldRouteOf(route)?.flights ?? {}, uid, flight));
}

/** All shares in a route; none gives it back to its owner. */
export function writeFlights(route: Route, flights: HeldRoute["flights"]): Write {
  return { verb: "merge", ...target(pluralOf(route), route), body: routePatch(route, flights) };
}
