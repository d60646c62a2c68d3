import { settledAt, waitUntil } from "./drain.ts";
import { equal } from "./equal.ts";
import { notAccepted } from "./gateway.ts";
import { progressDeadlineMs } from "./hold.ts";
import { twinName } from "./isolation.ts";
import type { Route, Service } from "./objects.ts";
import { type Flight, flightOf, heldRouteOf, overfullRule, servicesNamed, withFlight } from "./overlay.ts";
import { type Decision, grantedWeight, instant, recordOf, type Seen, uidOf } from "./seen.ts";
import { takeBack } from "./takeback.ts";
import { writeRoute } from "./write.ts";

/** The twins in the routes: at weight 0 first, accepted by every parent and settled, then at the granted weight. */
export function setWeight(seen: Seen): Decision | undefined {
  if (seen.routes.length === 0) return undefined;
  const crowded = seen.routes.find((route) => overfullRule(route, flightsWith(seen, route)) !== undefined);
  if (crowded !== undefined) {
    const rule = overfullRule(crowded, flightsWith(seen, crowded));
    return takeBack(
      seen,
      `rule ${rule} of route ${crowded.metadata.name} would have more than 16 backends with the canary's`,
    );
  }
  const missing = attach(seen, (flight) => flight?.weight ?? 0);
  if (missing.length > 0) return { writes: missing };
  const refused = awaitAccepted(seen);
  if (refused !== undefined) return refused;
  const writes = attach(seen, () => grantedWeight(seen));
  return writes.length === 0 ? waitUntil(settledAt(seen), seen) : { writes };
}

/** Every parent has accepted the routes as they stand; one that will not for too long ends the rollout. */
function awaitAccepted(seen: Seen): Decision | undefined {
  const complaint = seen.routes.map(notAccepted).find((reason) => reason !== undefined);
  if (complaint === undefined) return undefined;
  const since = Date.parse(recordOf(seen)?.stepSince ?? seen.held.started);
  const deadline = progressDeadlineMs(seen.held.originals);
  if (seen.now - since > deadline) return takeBack(seen, `${complaint}, for ${deadline / 1000}s`);
  const says = { status: "Unknown", reason: "Preparing", message: complaint } as const;
  return { writes: [], says, waitMs: Math.min(since + deadline + 1000 - seen.now, 60_000) };
}

/** The routes whose share or twins differ from what they should be. */
export function attach(seen: Seen, weight: (flight: Flight | undefined) => number) {
  return seen.routes.flatMap((route) => {
    const present = flightOf(route, uidOf(seen));
    const wanted = { ...flightFor(seen, route), weight: weight(present) };
    const { since: _since, ...was } = present ?? {};
    return equal(was, wanted)
      ? []
      : [writeRoute(route, uidOf(seen), { ...wanted, since: instant(seen.now) })];
  });
}

function flightFor(seen: Seen, route: Route): Omit<Flight, "since"> {
  const namespace = seen.deployment.metadata.namespace ?? "";
  const named = servicesNamed(route, namespace);
  const names = seen.services.map((service) => service.metadata.name).filter((name) => named.has(name));
  return { namespace, twins: Object.fromEntries(names.map((name) => [name, twinName(name)])), weight: 0 };
}

function flightsWith(seen: Seen, route: Route) {
  const flight = { ...flightFor(seen, route), since: "" };
  return withFlight(heldRouteOf(route)?.flights ?? {}, uidOf(seen), flight);
}

/** The user's Services that some route names. */
export function routedServices(seen: Seen): Service[] {
  const namespace = seen.deployment.metadata.namespace ?? "";
  const named = new Set(seen.routes.flatMap((route) => [...servicesNamed(route, namespace)]));
  return seen.services.filter((service) => named.has(service.metadata.name));
}
