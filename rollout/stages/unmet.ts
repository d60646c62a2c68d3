import type { BackendRef, Route } from "../../kube/core/routes.ts";
import { isStatusElsewhere } from "../gateways/settle.ts";
import { unmetConditions } from "../gateways/unmet-conditions.ts";
import { rulesOf } from "../traffic/overlay.ts";
import { isService, type RouteShare } from "../traffic/route-record.ts";
import { answersOf, awaited } from "../traffic/route-status.ts";
import type { Decision } from "./decision.ts";
import { stepSince } from "./health.ts";
import type { Snapshot } from "./snapshot.ts";

/** How long (ms) a gateway may take to see a change of a route before something else must be wrong. */
export const MOMENT_MS = 60_000;

/** The routes whose status counts. */
export function answering({ routes }: Snapshot): readonly Route[] {
  return awaited(routes).filter((route) => !isStatusElsewhere(route, routes));
}

/**
 * Waits a moment until the gateways have seen the routes as their owners wrote them. What they refuse then is not the
 * rollout's fault, and it may stay so.
 */
export function awaitSeen(snapshot: Snapshot): Decision | undefined {
  const unseen = answering(snapshot)
    .filter((route) => !snapshot.shares.has(route))
    .flatMap(unmetConditions)
    .find(({ isOld }) => isOld);
  const leftMs = stepSince(snapshot) + MOMENT_MS - snapshot.now;
  if (unseen === undefined || leftMs <= 0) return undefined;
  const condition = { status: "Unknown", reason: "Preparing", message: unseen.message } as const;
  return { writes: [], condition, waitMs: leftMs };
}

/**
 * The conditions that the route's parents do not meet before it gets a share; later, those of the share. A gateway that has
 * not seen the route counts as met while no other one has: without any gateway, the canary gets no traffic.
 */
export function unmetIn(
  route: Route,
  share: RouteShare | undefined,
): Pick<RouteShare, "unmet" | "unresolved"> {
  if (share !== undefined)
    return {
      ...(share.unmet && { unmet: share.unmet }),
      ...(share.unresolved && { unresolved: share.unresolved }),
    };
  const conditions = unmetConditions(route);
  const old = new Set(conditions.filter(({ isOld }) => isOld).map(({ parent }) => parent));
  const isSeen = answersOf(route).some((parent) => !old.has(parent));
  const unmet = conditions.filter(({ isOld }) => isSeen || !isOld);
  if (unmet.length === 0) return {};
  const unresolved = namedIn(route).filter((name) => unmet.some(({ words }) => hasWord(words, [name])));
  return { unmet: unmet.map(({ about }) => about), ...(unresolved.length > 0 && { unresolved }) };
}

/** The Services that the route's owner names. */
export function namedIn(route: Route): readonly string[] {
  return [...new Set(refsOf(route).map(({ name }) => name))];
}

/** Whether an implementation's words have one of these names. */
export function hasWord(words: string, names: readonly string[]): boolean {
  const all = words.split(/[^A-Za-z0-9-]+/);
  return names.some((name) => all.includes(name));
}

function refsOf(route: Route): readonly BackendRef[] {
  return rulesOf(route)
    .flatMap(({ backendRefs = [] }) => backendRefs)
    .filter(isService);
}
