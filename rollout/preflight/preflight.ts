import type { BackendRef, Route, RouteRule } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Feature, Gateway } from "../gateways/gateway.ts";
import { gatewaysOf } from "../gateways/lookup.ts";
import { exposureAt } from "../plan/grant.ts";
import { describeMatches } from "../plan/match.ts";
import type { Plan } from "../plan/plan.ts";
import { equal } from "../text/equal.ts";
import { unbranchable } from "../traffic/added-rules.ts";
import { brokenLimit } from "../traffic/api-limits.ts";
import { canaryServiceName } from "../traffic/canary-service.ts";
import type { Exposure } from "../traffic/exposure.ts";
import { shareOf } from "../traffic/mirror.ts";
import { overlay, rulesOf, servicesNamed } from "../traffic/overlay.ts";
import {
  homeOf,
  type RouteRecord,
  type RouteShare,
  routeRecordOf,
  shareFor,
  withShare,
} from "../traffic/route-record.ts";
import { touchesCookies } from "../traffic/sticky.ts";

/** Stands for the rollout that is about to begin. */
const COMING = "coming";

/** Why the plan cannot be carried out on these routes; `undefined` when it can, to its last step. */
export function planBlocker(
  plan: Plan,
  services: readonly Service[],
  routes: readonly Route[],
): string | undefined {
  const shares = flightsOf(plan, services, routes);
  const key = shares.length === 0 ? routedOnly(plan) : undefined;
  if (key !== undefined) {
    const names = services.map(({ metadata }) => metadata.name).join(", ") || "none";
    return `serin.dev/${key} needs a gateway: no HTTPRoute or GRPCRoute names a Service of these pods (${names})`;
  }
  return shares
    .flatMap(({ route, share }) => blockerOf(route, withShare(flightsIn(route), COMING, share), COMING) ?? [])
    .at(0);
}

/** What the plan's users should know of these routes' gateways, and of rules that their matches cannot be put before. */
export function planCaveats(
  plan: Plan,
  services: readonly Service[],
  routes: readonly Route[],
): readonly string[] {
  const all = flightsOf(plan, services, routes).flatMap(({ route, share }) => {
    const shares = withShare(flightsIn(route), COMING, share);
    return [...gatewayDoubts(route, share), ...matchDoubts(route, shares, share)];
  });
  return [...new Set(all)];
}

/** Why the API server or a gateway would not do what these flights of a route want of it: of the one with this UID. */
export function blockerOf(route: Route, shares: RouteRecord["shares"], uid: string): string | undefined {
  const share = shares[uid];
  if (share === undefined) return undefined;
  const home = homeOf(route);
  const where = `route ${home.namespace}/${route.metadata.name}`;
  const rules = rulesOf(route);
  const limit = brokenLimit(home.kind, overlay(rules, shares, home));
  if (limit !== undefined) return `${where}: with the canary's, ${limit}`;
  const lacking = lackOf(route, share);
  if (lacking !== undefined) return `${where}: ${lacking}`;
  if (share.sticky === undefined || home.kind === "GRPCRoute") return undefined;
  const untold = unbranchable(rules, uid, { [uid]: withoutMatch(share) }, home);
  if (untold !== undefined) {
    return `${where}: rule ${untold} matches on cookies itself, so serin.dev/sticky cannot keep its users apart`;
  }
  const owned = rules.findIndex((rule) => names(rule, share, home.namespace) && setsCookies(rule));
  return owned < 0
    ? undefined
    : `${where}: rule ${owned} has a filter for Set-Cookie itself, so serin.dev/sticky cannot set its cookie`;
}

/** What a flight needs of its gateways and one of them has not. */
function lackOf(route: Route, share: RouteShare): string | undefined {
  for (const [feature, key] of needsOf(route, share)) {
    for (const gateway of gatewaysOf(route)) {
      const instead = gateway.lacks?.[feature];
      if (instead !== undefined) return `serin.dev/${key} is not possible here: ${gateway.name} ${instead}`;
    }
  }
  return undefined;
}

function gatewayDoubts(route: Route, share: RouteShare): string[] {
  return needsOf(route, share).flatMap(([feature, key]) =>
    gatewaysOf(route).flatMap((gateway: Gateway) => {
      const doubt = gateway.doubts?.[feature];
      return doubt === undefined ? [] : [`serin.dev/${key}: ${gateway.name} ${doubt}`];
    }),
  );
}

function matchDoubts(
  route: Route,
  shares: RouteRecord["shares"],
  { match, sticky, ...share }: RouteShare,
): string[] {
  const home = homeOf(route);
  const where = `route ${home.namespace}/${route.metadata.name}`;
  const grpc = home.kind === "GRPCRoute" && sticky !== undefined;
  const said = grpc
    ? [`serin.dev/sticky: clients of gRPC keep no cookies: ${where} draws every call anew`]
    : [];
  if (match === undefined) return said;
  const untold = unbranchable(rulesOf(route), COMING, { ...shares, [COMING]: { ...share, match } }, home);
  if (untold === undefined) return said;
  const reason = "the Gateway API has no words for both at once";
  return [
    ...said,
    `serin.dev/match: ${describeMatches(match)} get the stable version at rule ${untold} of ${where}, which has conditions of its own: ${reason}`,
  ];
}

function needsOf(route: Route, share: RouteShare): (readonly [Feature, string])[] {
  const fields = (share.match ?? []).flatMap(({ headers = [], queryParams = [] }) => [
    ...headers,
    ...queryParams,
  ]);
  const isQueried = share.match?.some(({ queryParams = [] }) => queryParams.length > 0);
  const isPartial = (share.mirror ?? 100) < 100 || (share.mirror !== undefined && isShared(route, share));
  const grpc = route.kind === "GRPCRoute";
  return [
    ...(share.mirror === undefined ? [] : ([["mirror", "mirror"]] as const)),
    ...(isPartial ? ([["mirror-percent", "mirror"]] as const) : []),
    ...(share.sticky === undefined || grpc
      ? []
      : ([
          ["backend-filters", "sticky"],
          ["expressions", "sticky"],
        ] as const)),
    ...(fields.some(({ type }) => type === "RegularExpression") ? ([["expressions", "match"]] as const) : []),
    ...(isQueried && !grpc ? ([["query-parameters", "match"]] as const) : []),
  ];
}

/** Whether a rule gives a part of its requests to others: the copies of all would be too many. */
function isShared(route: Route, share: RouteShare): boolean {
  const { namespace } = homeOf(route);
  return rulesOf(route).some(({ backendRefs = [] }) =>
    backendRefs.some((ref) => isOf(share, ref, namespace) && shareOf(ref, backendRefs) < 1),
  );
}

/** Every route with every exposure that the plan will give it. */
function flightsOf(plan: Plan, services: readonly Service[], routes: readonly Route[]) {
  const namespace = services[0]?.metadata.namespace ?? "";
  return routes.flatMap((route) => {
    const named = servicesNamed(route, namespace);
    const own = services.map(({ metadata }) => metadata.name).filter((name) => named.has(name));
    if (own.length === 0) return [];
    const canaryServices = Object.fromEntries(own.map((name) => [name, canaryServiceName(name)]));
    return exposuresOf(plan).map((exposure) => ({
      route,
      share: { namespace, canaryServices, ...exposure, since: "" },
    }));
  });
}

/** What only a gateway can do. */
function routedOnly({ kind, match, steps, stickyMs }: Plan): string | undefined {
  if (kind !== "canary") return `rollout: ${kind}`;
  if (match !== undefined) return "match";
  if (stickyMs !== undefined) return "sticky";
  return steps[0]?.kind === "mirror" ? "mirror" : undefined;
}

/** Those that differ in more than the weight, which meets no limit. */
function exposuresOf(plan: Plan): readonly Exposure[] {
  const all = plan.steps.map((_step, i) => exposureAt(plan, i, { cookie: "serin", id: COMING }));
  const isAlike = (one: Exposure, other: Exposure) => equal({ ...one, weight: 0 }, { ...other, weight: 0 });
  return all.filter((exposure, i) => all.findIndex((other) => isAlike(other, exposure)) === i);
}

function flightsIn(route: Route): RouteRecord["shares"] {
  return routeRecordOf(route)?.shares ?? {};
}

function withoutMatch({ match: _match, ...share }: RouteShare): RouteShare {
  return share;
}

function names({ backendRefs = [] }: RouteRule, share: RouteShare, home: string): boolean {
  return backendRefs.some((ref) => isOf(share, ref, home));
}

function isOf(share: RouteShare, ref: BackendRef, home: string): boolean {
  return shareFor(ref, { share }, home) !== undefined;
}

function setsCookies({ filters, backendRefs = [] }: RouteRule): boolean {
  return [filters, ...backendRefs.map((ref) => ref.filters)].some(touchesCookies);
}
