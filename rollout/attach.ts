import { settledAt, waitUntil } from "./drain.ts";
import { equal } from "./equal.ts";
import { type Exposure, exposureOf, NONE } from "./exposure.ts";
import { notAccepted } from "./gateway.ts";
import { progressDeadlineMs } from "./hold.ts";
import { twinName } from "./isolation.ts";
import type { Route, Service } from "./objects.ts";
import { obstacleOf } from "./obstacle.ts";
import { type Flight, flightOf, heldRouteOf, servicesNamed, withFlight } from "./overlay.ts";
import { awaited } from "./parents.ts";
import { type Decision, grantedExposure, instant, recordOf, type Seen, uidOf } from "./seen.ts";
import { takeBack } from "./takeback.ts";
import { writeRoute } from "./write.ts";

/** The twins in the routes: with nothing first, accepted by every parent and settled, then with what is granted. */
export function expose(seen: Seen): Decision | undefined {
  if (seen.routes.length === 0) return undefined;
  const obstacle = seen.routes.flatMap(
    (route) => obstacleOf(route, flightsWith(seen, route), uidOf(seen)) ?? [],
  )[0];
  if (obstacle !== undefined) return takeBack(seen, obstacle);
  const missing = attach(seen, (flight) => (flight === undefined ? NONE : exposureOf(flight)));
  if (missing.length > 0) return { writes: missing };
  const refused = awaitAccepted(seen);
  if (refused !== undefined) return refused;
  const writes = attach(seen, () => grantedExposure(seen));
  // A proxy that does not know the twins yet would answer with errors.
  return waitUntil(settledAt(seen), seen) ?? (writes.length === 0 ? undefined : { writes });
}

/** Every parent has accepted the routes as they stand; one that will not for too long ends the rollout. */
function awaitAccepted(seen: Seen): Decision | undefined {
  const complaint = awaited(seen.routes)
    .map(notAccepted)
    .find((reason) => reason !== undefined);
  if (complaint === undefined) return undefined;
  const since = Date.parse(recordOf(seen)?.stepSince ?? seen.held.started);
  const deadline = progressDeadlineMs(seen.held.originals);
  if (seen.now - since > deadline) return takeBack(seen, `${complaint}, for ${deadline / 1000}s`);
  const says = { status: "Unknown", reason: "Preparing", message: complaint } as const;
  return { writes: [], says, waitMs: Math.min(since + deadline + 1000 - seen.now, 60_000) };
}

/** The routes whose exposure or twins differ from what they should be. */
export function attach(seen: Seen, exposure: (flight: Flight | undefined) => Exposure) {
  return seen.routes.flatMap((route) => {
    const present = flightOf(route, uidOf(seen));
    const wanted = { ...twinsIn(seen, route), ...exposure(present) };
    const { since: _since, ...was } = present ?? {};
    return equal(was, wanted)
      ? []
      : [writeRoute(route, uidOf(seen), { ...wanted, since: instant(seen.now) })];
  });
}

function twinsIn(seen: Seen, route: Route): Pick<Flight, "namespace" | "twins"> {
  const namespace = seen.deployment.metadata.namespace ?? "";
  const named = servicesNamed(route, namespace);
  const names = seen.services.map((service) => service.metadata.name).filter((name) => named.has(name));
  return { namespace, twins: Object.fromEntries(names.map((name) => [name, twinName(name)])) };
}

function flightsWith(seen: Seen, route: Route) {
  const flight = { ...twinsIn(seen, route), ...grantedExposure(seen), since: "" };
  return withFlight(heldRouteOf(route)?.flights ?? {}, uidOf(seen), flight);
}

/** The user's Services that some route names. */
export function routedServices(seen: Seen): Service[] {
  const namespace = seen.deployment.metadata.namespace ?? "";
  const named = new Set(seen.routes.flatMap((route) => [...servicesNamed(route, namespace)]));
  return seen.services.filter((service) => named.has(service.metadata.name));
}
