import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import { notAccepted } from "../gateways/settle.ts";
import { obstacleOf } from "../preflight/preflight.ts";
import { equal } from "../text/equal.ts";
import { instant } from "../text/instant.ts";
import { twinName } from "../traffic/canary-service.ts";
import { type Exposure, exposureOf, NONE } from "../traffic/exposure.ts";
import { servicesNamed } from "../traffic/overlay.ts";
import { type Flight, flightOf, heldRouteOf, withFlight } from "../traffic/route-record.ts";
import { awaited } from "../traffic/route-status.ts";
import { writeRoute } from "../traffic/writes.ts";
import { progressDeadlineMs } from "../workload/hold.ts";
import type { Decision } from "./decision.ts";
import { isolateStable, settledAt, waitUntil } from "./drain.ts";
import { stepSince } from "./health.ts";
import { rewrite } from "./hook-record.ts";
import { takeBack } from "./rollback.ts";
import { grantedExposure, isRouted, recordOf, type Seen, uidOf } from "./snapshot.ts";

/** How long (ms) a gateway may take to hear of a change of ours before something else must be wrong. */
const MOMENT_MS = 60_000;
/** How often it is looked whether something that was deleted is back, in ms. */
const LOOK_MS = 1_000;

/** The twins in the routes: with nothing first, accepted by every parent and settled, then with what is granted. */
export function expose(seen: Seen): Decision | undefined {
  if (seen.routes.length === 0) return undefined;
  const obstacle = seen.routes.flatMap(
    (route) => obstacleOf(route, flightsWith(seen, route), uidOf(seen)) ?? [],
  )[0];
  if (obstacle !== undefined) return takeBack(seen, obstacle);
  const missing = attach(seen, (flight) => (flight === undefined ? NONE : exposureOf(flight)));
  if (missing.length > 0) return { writes: missing };
  const refused = awaitAccepted(seen) ?? forgetTrouble(seen);
  if (refused !== undefined) return refused;
  const writes = attach(seen, () => grantedExposure(seen));
  // A proxy that does not know the twins yet would answer with errors.
  return waitUntil(settledAt(seen), seen) ?? (writes.length === 0 ? undefined : { writes });
}

/** What another plan has taken back of the weight since it was granted: it waits neither for pods nor for a gateway. */
export function lessen(seen: Seen): Decision | undefined {
  const { weight } = grantedExposure(seen);
  const writes = seen.routes.flatMap((route) => {
    const flight = flightOf(route, uidOf(seen));
    if (flight === undefined || flight.weight <= weight) return [];
    return [writeRoute(route, uidOf(seen), { ...flight, weight, since: instant(seen.now) })];
  });
  return writes.length === 0 ? undefined : { writes };
}

/** Every parent has accepted the routes as they stand. */
function awaitAccepted(seen: Seen): Decision | undefined {
  const complaint = awaited(seen.routes)
    .map(notAccepted)
    .find((reason) => reason !== undefined);
  if (complaint === undefined) return undefined;
  const written = seen.routes.map((route) => Date.parse(flightOf(route, uidOf(seen))?.since ?? ""));
  const since = Math.max(stepSince(seen), ...written.filter((at) => !Number.isNaN(at)));
  // What was in force may have got into trouble at any time since; what never was has been in it all along.
  const isOurs = !isRouted(seen) || seen.now - since < MOMENT_MS;
  return awaitTraffic(seen, complaint, isOurs ? since : undefined);
}

/** Whether the canary had a twin in some route and has none any more: the route is gone, or the user's Service. */
export function isCutOff(seen: Seen): boolean {
  return seen.twins.length > 0 && routedServices(seen).length === 0;
}

/**
 * Somebody has deleted the route or the Service through which the canary got its traffic, or taken the one out of the
 * other. It waits without weight, as a Service that is made again selects all pods at first.
 */
export function awaitReturn(seen: Seen): Decision | undefined {
  if (!isCutOff(seen)) return undefined;
  const names = seen.services.map(({ metadata }) => metadata.name).join(", ");
  const complaint =
    names === "" ? "no Service selects these pods any more" : `no route names Service ${names} any more`;
  const decision = awaitTraffic(seen, complaint, undefined);
  const writes = [...(isolateStable(seen)?.writes ?? []), ...attach(seen, () => NONE), ...decision.writes];
  return { ...decision, writes, waitMs: LOOK_MS };
}

/** Traffic does not flow as it should; for longer than the user's deadline, that is the end. `since`: if known, in ms. */
function awaitTraffic(seen: Seen, complaint: string, known: number | undefined): Decision {
  const deadline = progressDeadlineMs(seen.held.originals);
  const says = { status: "Unknown", reason: "Preparing", message: complaint } as const;
  const noted = recordOf(seen)?.unroutedSince;
  const since = noted === undefined ? known : Date.parse(noted);
  if (since === undefined) return { writes: rewrite(seen, { unroutedSince: instant(seen.now) }), says };
  if (seen.now - since > deadline) return takeBack(seen, `${complaint}, for ${deadline / 1000}s`);
  return { writes: [], says, waitMs: Math.min(since + deadline + 1000 - seen.now, MOMENT_MS) };
}

function forgetTrouble(seen: Seen): Decision | undefined {
  const run = recordOf(seen);
  if (run?.unroutedSince === undefined) return undefined;
  const { unroutedSince: _since, ...rest } = run;
  return { writes: rewrite(seen, {}, rest) };
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
