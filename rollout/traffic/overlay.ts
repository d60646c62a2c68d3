import type { LeanRoute, Route, RouteRule } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import { FLIGHT, HELD } from "../keys.ts";
import { addedRulesOf } from "./added-rules.ts";
import { mirrored } from "./mirror.ts";
import {
  formatRouteRecord,
  type Home,
  homeOf,
  isService,
  type Original,
  type RouteRecord,
  routeRecordOf,
  shareFor,
  withShare,
} from "./route-record.ts";
import { standbyRules } from "./standby-rule.ts";
import { overlayBackends } from "./weights.ts";

/** The route's rules as the user wrote them, without any rollout's overlay. */
export function rulesOf(route: Route): readonly RouteRule[] {
  return restoreRoute(route.spec.rules ?? [], routeRecordOf(route));
}

/** The Services of that namespace that the route's rules name. */
export function servicesNamed(route: Route | LeanRoute, namespace: string): Set<string> {
  const prefix = `${namespace}/`;
  const own = backendsOf(route).filter((backend) => backend.startsWith(prefix));
  return new Set(own.map((backend) => backend.slice(prefix.length)));
}

/** Every Service that the route's rules name, as `namespace/name`. */
export function backendsOf(route: Route | LeanRoute): readonly string[] {
  if (isLean(route)) return route.backends;
  const home = route.metadata.namespace ?? "";
  const refs = rulesOf(route).flatMap((rule) => rule.backendRefs ?? []);
  return [...new Set(refs.filter(isService).map((ref) => `${ref.namespace ?? home}/${ref.name}`))];
}

function isLean(route: Route | LeanRoute): route is LeanRoute {
  return !("spec" in route);
}

/** Whether one of the route's rules names one of the Services. */
export function namesAny(route: Route | LeanRoute, services: readonly Service[]): boolean {
  return services.some(({ metadata: { namespace = "", name } }) => servicesNamed(route, namespace).has(name));
}

/**
 * The user's rules with the overlay of every rollout. Rules that name a Service in flight get its canary Service as a backend,
 * and copies to the canary Service if the share asks for them. Rules for testers and cookies are added (added-rules.ts), and
 * for gateways that need it a rule that no request matches (standby-rule.ts). All other rules, fields and shares stay the same.
 */
export function overlay(
  rules: readonly RouteRule[],
  shares: RouteRecord["shares"],
  home: Home,
): readonly RouteRule[] {
  return render(rules, shares, home).map(({ rule }) => rule);
}

function render(rules: readonly RouteRule[], all: RouteRecord["shares"], home: Home) {
  const shares = home.kind === "GRPCRoute" ? withoutCookies(all) : all;
  const addedRules = addedRulesOf(rules, shares, home);
  const asAdded = (rule: RouteRule) => ({ rule, added: true });
  const chosen = [
    ...rules.flatMap((rule, i) => [
      ...(addedRules[i]?.before ?? []).map(asAdded),
      { rule: isTouched(rule, shares, home) ? overlayRule(rule, shares, home) : rule, added: false },
    ]),
    ...addedRules.flatMap(({ after }) => after).map(asAdded),
  ];
  const rendered = chosen.map(({ rule }) => rule);
  return [...chosen, ...standbyRules(rendered, rules, shares, home).map(asAdded)];
}

/** The shares without cookies, because clients of gRPC keep none. */
function withoutCookies(shares: RouteRecord["shares"]): RouteRecord["shares"] {
  return Object.fromEntries(
    Object.entries(shares).map(([uid, { sticky: _sticky, ...share }]) => [uid, share]),
  );
}

function overlayRule(rule: RouteRule, shares: RouteRecord["shares"], home: Home): RouteRule {
  const backendRefs = overlayBackends(rule.backendRefs ?? [], shares, home.namespace);
  return mirrored({ ...rule, backendRefs }, rule.backendRefs ?? [], shares, home.namespace);
}

function isTouched(rule: RouteRule, shares: RouteRecord["shares"], home: Home): boolean {
  return rule.backendRefs?.some((ref) => shareFor(ref, shares, home.namespace) !== undefined) ?? false;
}

/** The merge patch that puts these shares into a route. Without shares, it restores the user's route exactly. */
export function routePatch(route: Route, shares: RouteRecord["shares"]) {
  const { rules, record } = written(rulesOf(route), shares, homeOf(route), routeRecordOf(route));
  const label = Object.keys(shares)[0];
  return {
    metadata: {
      labels: { [FLIGHT]: label ?? null },
      annotations: { [HELD]: label === undefined ? null : formatRouteRecord(record) },
    },
    spec: { rules },
  };
}

/** The route as it is without this rollout's share. */
export function withoutShareOf(route: Route, uid: string): Route {
  const before = routeRecordOf(route);
  if (before?.shares[uid] === undefined) return route;
  const shares = withShare(before.shares, uid, undefined);
  const { rules, record } = written(rulesOf(route), shares, homeOf(route), before);
  const annotations = { ...route.metadata.annotations, [HELD]: formatRouteRecord(record) };
  return {
    ...route,
    metadata: { ...route.metadata, annotations },
    spec: { ...route.spec, rules: [...rules] },
  };
}

/**
 * The user's rules with the overlay of these shares, and the record by which they can be restored. `before` is the stored
 * record: one that a newer Serin wrote keeps its version and its other fields.
 */
export function written(
  intent: readonly RouteRule[],
  shares: RouteRecord["shares"],
  home: Home,
  before: RouteRecord | undefined,
) {
  const rendered = render(intent, shares, home);
  const added = rendered.flatMap((entry, i) => (entry.added ? [i] : []));
  const { added: _added, ...kept } = before ?? {};
  const record: RouteRecord = {
    ...kept,
    rules: originals(intent, shares, home),
    ...(added.length > 0 && { added }),
    shares,
  };
  return { rules: rendered.map(({ rule }) => rule), record };
}

/** The user's rules: without the added ones, and with the fields that Serin changed restored. */
export function restoreRoute(
  rules: readonly RouteRule[],
  record: RouteRecord | undefined,
): readonly RouteRule[] {
  const users = rules.filter((_rule, i) => !record?.added?.includes(i));
  return users.map((rule, i) => restoreRule(rule, record?.rules[i]));
}

/** A rule with the fields that its user wrote. */
export function restoreRule(rule: RouteRule, original: Original | undefined): RouteRule {
  if (original === undefined) return rule;
  const { filters: _filters, ...rest } = rule;
  const { backendRefs, filters } = original;
  if (filters === undefined) return { ...rule, backendRefs: [...backendRefs] };
  return { ...rest, ...(filters !== null && { filters }), backendRefs: [...backendRefs] };
}

function originals(
  rules: readonly RouteRule[],
  shares: RouteRecord["shares"],
  home: Home,
): RouteRecord["rules"] {
  const mirrors = Object.values(shares).some(({ mirror }) => mirror !== undefined);
  return Object.fromEntries(
    rules.flatMap((rule, i) => {
      if (!isTouched(rule, shares, home)) return [];
      const { filters = null } = rule;
      return [[String(i), { backendRefs: rule.backendRefs ?? [], ...(mirrors && { filters }) }]];
    }),
  );
}
