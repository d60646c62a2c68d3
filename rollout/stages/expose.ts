import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import { notAccepted } from "../gateways/settle.ts";
import { blockerOf } from "../preflight/preflight.ts";
import { equal } from "../text/equal.ts";
import { instant } from "../text/instant.ts";
import { canaryServiceName } from "../traffic/canary-service.ts";
import { type Exposure, exposureOf, NONE } from "../traffic/exposure.ts";
import { servicesNamed } from "../traffic/overlay.ts";
import { type RouteShare, routeRecordOf, withShare } from "../traffic/route-record.ts";
import { awaited } from "../traffic/route-status.ts";
import { writeRoute } from "../traffic/writes.ts";
import { progressDeadlineMs } from "../workload/hold.ts";
import type { Decision } from "./decision.ts";
import { isolateStable, settledAt, waitUntil } from "./drain.ts";
import { stepSince } from "./health.ts";
import { rewrite } from "./hook-record.ts";
import { rollBack } from "./rollback.ts";
import { grantedExposure, isRouted, type Snapshot } from "./snapshot.ts";

/** How long (ms) a gateway may take to hear of a change of ours before something else must be wrong. */
const MOMENT_MS = 60_000;
/** How often it is looked whether something that was deleted is back, in ms. */
const LOOK_MS = 1_000;

/** The twins in the routes: with nothing first, accepted by every parent and settled, then with what is granted. */
export function expose(snapshot: Snapshot): Decision | undefined {
  if (snapshot.routes.length === 0) return undefined;
  const obstacle = snapshot.routes.flatMap(
    (route) => blockerOf(route, flightsWith(snapshot, route), snapshot.uid) ?? [],
  )[0];
  if (obstacle !== undefined) return rollBack(snapshot, obstacle);
  const missing = attach(snapshot, (share) => (share === undefined ? NONE : exposureOf(share)));
  if (missing.length > 0) return { writes: missing };
  const refused = awaitAccepted(snapshot) ?? forgetTrouble(snapshot);
  if (refused !== undefined) return refused;
  const writes = attach(snapshot, () => grantedExposure(snapshot));
  // A proxy that does not know the twins yet would answer with errors.
  return waitUntil(settledAt(snapshot), snapshot) ?? (writes.length === 0 ? undefined : { writes });
}

/** What another plan has taken back of the weight since it was granted: it waits neither for pods nor for a gateway. */
export function lowerWeight(snapshot: Snapshot): Decision | undefined {
  const { weight } = grantedExposure(snapshot);
  const since = instant(snapshot.now);
  const writes = [...snapshot.shares]
    .filter(([, share]) => share.weight > weight)
    .map(([route, share]) => writeRoute(route, snapshot.uid, { ...share, weight, since }));
  return writes.length === 0 ? undefined : { writes };
}

/** Every parent has accepted the routes as they stand. */
function awaitAccepted(snapshot: Snapshot): Decision | undefined {
  const complaint = awaited(snapshot.routes)
    .map(notAccepted)
    .find((reason) => reason !== undefined);
  if (complaint === undefined) return undefined;
  const written = [...snapshot.shares.values()].map(({ since }) => Date.parse(since));
  const since = Math.max(stepSince(snapshot), ...written);
  // What was in force may have got into trouble at any time since; what never was has been in it all along.
  const isOurs = !isRouted(snapshot) || snapshot.now - since < MOMENT_MS;
  return awaitTraffic(snapshot, complaint, isOurs ? since : undefined);
}

/** Whether the canary had a twin in some route and has none any more: the route is gone, or the user's Service. */
export function isCutOff(snapshot: Snapshot): boolean {
  return snapshot.canaryServices.length > 0 && routedServices(snapshot).length === 0;
}

/**
 * Somebody has deleted the route or the Service through which the canary got its traffic, or taken the one out of the
 * other. It waits without weight, as a Service that is made again selects all pods at first.
 */
export function awaitReturn(snapshot: Snapshot): Decision | undefined {
  if (!isCutOff(snapshot)) return undefined;
  const names = snapshot.services.map(({ metadata }) => metadata.name).join(", ");
  const complaint =
    names === "" ? "no Service selects these pods any more" : `no route names Service ${names} any more`;
  const decision = awaitTraffic(snapshot, complaint, undefined);
  const writes = [
    ...(isolateStable(snapshot)?.writes ?? []),
    ...attach(snapshot, () => NONE),
    ...decision.writes,
  ];
  return { ...decision, writes, waitMs: LOOK_MS };
}

/** Traffic does not flow as it should; for longer than the user's deadline, that is the end. `since`: if known, in ms. */
function awaitTraffic(snapshot: Snapshot, complaint: string, known: number | undefined): Decision {
  const deadline = progressDeadlineMs(snapshot.held.originals);
  const says = { status: "Unknown", reason: "Preparing", message: complaint } as const;
  const noted = snapshot.run?.unroutedSince;
  const since = noted === undefined ? known : Date.parse(noted);
  if (since === undefined)
    return { writes: rewrite(snapshot, { unroutedSince: instant(snapshot.now) }), condition: says };
  if (snapshot.now - since > deadline) return rollBack(snapshot, `${complaint}, for ${deadline / 1000}s`);
  return { writes: [], condition: says, waitMs: Math.min(since + deadline + 1000 - snapshot.now, MOMENT_MS) };
}

function forgetTrouble(snapshot: Snapshot): Decision | undefined {
  const { run } = snapshot;
  if (run?.unroutedSince === undefined) return undefined;
  const { unroutedSince: _since, ...rest } = run;
  return { writes: rewrite(snapshot, {}, rest) };
}

/** The routes whose exposure or twins differ from what they should be. */
export function attach(snapshot: Snapshot, exposure: (share: RouteShare | undefined) => Exposure) {
  return snapshot.routes.flatMap((route) => {
    const present = snapshot.shares.get(route);
    const wanted = { ...canaryServicesIn(snapshot, route), ...exposure(present) };
    const { since: _since, ...was } = present ?? {};
    return equal(was, wanted)
      ? []
      : [writeRoute(route, snapshot.uid, { ...wanted, since: instant(snapshot.now) })];
  });
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

function flightsWith(snapshot: Snapshot, route: Route) {
  const share = { ...canaryServicesIn(snapshot, route), ...grantedExposure(snapshot), since: "" };
  return withShare(routeRecordOf(route)?.shares ?? {}, snapshot.uid, share);
}

/** The user's Services that some route names. */
export function routedServices(snapshot: Snapshot): Service[] {
  const namespace = snapshot.deployment.metadata.namespace ?? "";
  const named = new Set(snapshot.routes.flatMap((route) => [...servicesNamed(route, namespace)]));
  return snapshot.services.filter((service) => named.has(service.metadata.name));
}
