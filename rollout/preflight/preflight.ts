import type { Route, RouteRule } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Gateway } from "../gateways/gateway.ts";
import { gatewaysOf } from "../gateways/lookup.ts";
import { exposureAt } from "../plan/grant.ts";
import { describeMatches } from "../plan/match.ts";
import type { Plan } from "../plan/plan.ts";
import { strategies } from "../plan/strategy.ts";
import { equal } from "../text/equal.ts";
import { formatProblem } from "../text/parse.ts";
import { inseparableRule } from "../traffic/added-rules.ts";
import { brokenLimit } from "../traffic/api-limits.ts";
import { canaryServiceName } from "../traffic/canary-service.ts";
import type { Exposure } from "../traffic/exposure.ts";
import { overlay, rulesOf, servicesNamed } from "../traffic/overlay.ts";
import {
  homeOf,
  type RouteRecord,
  type RouteShare,
  routeRecordOf,
  withShare,
} from "../traffic/route-record.ts";
import { touchesCookies } from "../traffic/sticky.ts";
import { isOf, needsOf } from "./needs.ts";

/** The UID of the rollout that is about to begin. */
const COMING = "coming";

/** Why these routes cannot carry out the plan; `undefined` when they can, up to its last step. */
export function planBlocker(
  plan: Plan,
  services: readonly Service[],
  routes: readonly Route[],
): string | undefined {
  const shares = sharesOf(plan, services, routes);
  const key = shares.length === 0 ? gatewayOnly(plan) : undefined;
  if (key !== undefined) {
    const names = services.map(({ metadata }) => metadata.name).join(", ") || "of these pods";
    const use = `add an HTTPRoute or GRPCRoute that names Service ${names}`;
    return formatProblem({ what: "it needs a gateway", use }, `serin.dev/${key}`);
  }
  return shares
    .flatMap(({ route, share }) => blockerOf(route, withShare(sharesIn(route), COMING, share), COMING) ?? [])
    .at(0);
}

/** Warns of what these routes' gateways may do differently, and of rules that the plan's matches cannot precede. */
export function planCaveats(
  plan: Plan,
  services: readonly Service[],
  routes: readonly Route[],
): readonly string[] {
  const all = sharesOf(plan, services, routes).flatMap(({ route, share }) => {
    const shares = withShare(sharesIn(route), COMING, share);
    return [...gatewayCaveats(route, share), ...matchCaveats(route, shares, share)];
  });
  return [...new Set(all)];
}

/** Why the API server or a gateway would not carry out the share with this UID on a route. */
export function blockerOf(route: Route, shares: RouteRecord["shares"], uid: string): string | undefined {
  const share = shares[uid];
  if (share === undefined) return undefined;
  const home = homeOf(route);
  const where = `route ${home.namespace}/${route.metadata.name}`;
  const rules = rulesOf(route);
  const refusing = gatewaysOf(route).find(({ refuses }) => refuses !== undefined);
  if (refusing !== undefined) return `${where}: ${refusing.name} ${refusing.refuses}`;
  const limit = brokenLimit(home.kind, overlay(rules, shares, home));
  if (limit !== undefined) return `${where}: during the rollout, ${limit}`;
  const lacking = lackOf(route, share);
  if (lacking !== undefined) return `${where}: ${lacking}`;
  if (share.sticky === undefined || home.kind === "GRPCRoute") return undefined;
  const rule = inseparableRule(rules, uid, { [uid]: withoutMatch(share) }, home);
  if (rule !== undefined) {
    return `${where}: rule ${rule} matches on cookies itself, so serin.dev/sticky cannot keep its users apart: remove one of them`;
  }
  const owned = rules.findIndex((rule) => names(rule, share, home.namespace) && setsCookies(rule));
  return owned < 0
    ? undefined
    : `${where}: rule ${owned} has a filter for Set-Cookie itself, so serin.dev/sticky cannot set its cookie: remove one of them`;
}

/** The first feature that a share needs and one of its gateways lacks. */
function lackOf(route: Route, share: RouteShare): string | undefined {
  for (const [feature, key] of needsOf(route, share)) {
    for (const gateway of gatewaysOf(route)) {
      const instead = gateway.lacks?.[feature];
      if (instead !== undefined) return `serin.dev/${key} is not possible here: ${gateway.name} ${instead}`;
    }
  }
  return undefined;
}

function gatewayCaveats(route: Route, share: RouteShare): string[] {
  return needsOf(route, share).flatMap(([feature, key]) =>
    gatewaysOf(route).flatMap((gateway: Gateway) => {
      const doubt = gateway.doubts?.[feature];
      return doubt === undefined ? [] : [`serin.dev/${key}: ${gateway.name} ${doubt}`];
    }),
  );
}

function matchCaveats(
  route: Route,
  shares: RouteRecord["shares"],
  { match, sticky, ...share }: RouteShare,
): string[] {
  const home = homeOf(route);
  const where = `route ${home.namespace}/${route.metadata.name}`;
  const grpc = home.kind === "GRPCRoute" && sticky !== undefined;
  const said = grpc
    ? [`serin.dev/sticky: gRPC clients keep no cookies: ${where} draws every call again`]
    : [];
  if (match === undefined) return said;
  const rule = inseparableRule(rulesOf(route), COMING, { ...shares, [COMING]: { ...share, match } }, home);
  if (rule === undefined) return said;
  const reason = "the Gateway API cannot express both at once";
  return [
    ...said,
    `serin.dev/match: requests with ${describeMatches(match)} get the stable version at rule ${rule} of ${where}, which has conditions of its own: ${reason}`,
  ];
}

/** The shares in a route at each step of the plan, with those of other rollouts. */
export function comingShares(
  plan: Plan,
  services: readonly Service[],
  route: Route,
): readonly RouteRecord["shares"][] {
  return sharesOf(plan, services, [route]).map(({ share }) => withShare(sharesIn(route), COMING, share));
}

/** Every route with every exposure that the plan will give it. */
function sharesOf(plan: Plan, services: readonly Service[], routes: readonly Route[]) {
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

/** The annotation that only a gateway can carry out. */
function gatewayOnly({ strategy, match, steps, stickyMs }: Plan): string | undefined {
  if (strategies[strategy].needsGateway) return `rollout: ${strategy}`;
  if (match !== undefined) return "match";
  if (stickyMs !== undefined) return "sticky";
  return steps[0]?.kind === "mirror" ? "mirror" : undefined;
}

/** The exposures that differ in more than the weight, to which no limit applies. */
function exposuresOf(plan: Plan): readonly Exposure[] {
  const all = plan.steps.map((_step, i) => exposureAt(plan, i, { cookie: "serin", id: COMING }));
  const isAlike = (one: Exposure, other: Exposure) => equal({ ...one, weight: 0 }, { ...other, weight: 0 });
  return all.filter((exposure, i) => all.findIndex((other) => isAlike(other, exposure)) === i);
}

function sharesIn(route: Route): RouteRecord["shares"] {
  return routeRecordOf(route)?.shares ?? {};
}

function withoutMatch({ match: _match, ...share }: RouteShare): RouteShare {
  return share;
}

function names({ backendRefs = [] }: RouteRule, share: RouteShare, home: string): boolean {
  return backendRefs.some((ref) => isOf(share, ref, home));
}

function setsCookies({ filters, backendRefs = [] }: RouteRule): boolean {
  return [filters, ...backendRefs.map((ref) => ref.filters)].some(touchesCookies);
}
