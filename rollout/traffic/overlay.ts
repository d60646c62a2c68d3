import type { Route, RouteRule } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import { FLIGHT, HELD } from "../keys.ts";
import { branchesOf } from "./added-rules.ts";
import { mirrored } from "./mirror.ts";
import {
  flightFor,
  type HeldRoute,
  type Home,
  heldRouteOf,
  homeOf,
  isService,
  type Original,
} from "./route-record.ts";
import { overlayBackends } from "./weights.ts";

/** The route's rules as the user wrote them, whatever is in flight. */
export function rulesOf(route: Route): readonly RouteRule[] {
  return restore(route.spec.rules ?? [], heldRouteOf(route));
}

/** The Services of that namespace that the route's rules name. */
export function servicesNamed(route: Route, namespace: string): Set<string> {
  const home = route.metadata.namespace ?? "";
  return new Set(
    rulesOf(route)
      .flatMap((rule) => rule.backendRefs ?? [])
      .filter((ref) => isService(ref) && (ref.namespace ?? home) === namespace)
      .map((ref) => ref.name),
  );
}

/** Whether one of the route's rules names one of the Services. */
export function namesAny(route: Route, services: readonly Service[]): boolean {
  return services.some(({ metadata: { namespace = "", name } }) => servicesNamed(route, namespace).has(name));
}

/**
 * The user's rules with every flight in them: twins among the backends of the rules that name a Service in flight, copies
 * to the twins where they are asked for, and before these rules those of the users who have no choice. All other rules,
 * fields and shares stay what they were.
 */
export function overlay(
  rules: readonly RouteRule[],
  flights: HeldRoute["flights"],
  home: Home,
): readonly RouteRule[] {
  return render(rules, flights, home).map(({ rule }) => rule);
}

function render(rules: readonly RouteRule[], all: HeldRoute["flights"], home: Home) {
  const flights = home.kind === "GRPCRoute" ? withoutCookies(all) : all;
  const branches = branchesOf(rules, flights, home);
  return rules.flatMap((rule, i) => [
    ...(branches[i] ?? []).map((branch) => ({ rule: branch, added: true })),
    { rule: isTouched(rule, flights, home) ? overlayRule(rule, flights, home) : rule, added: false },
  ]);
}

/** Clients of gRPC keep no cookies. */
function withoutCookies(flights: HeldRoute["flights"]): HeldRoute["flights"] {
  return Object.fromEntries(
    Object.entries(flights).map(([uid, { sticky: _sticky, ...flight }]) => [uid, flight]),
  );
}

function overlayRule(rule: RouteRule, flights: HeldRoute["flights"], home: Home): RouteRule {
  const backendRefs = overlayBackends(rule.backendRefs ?? [], flights, home.namespace);
  return mirrored({ ...rule, backendRefs }, rule.backendRefs ?? [], flights, home.namespace);
}

function isTouched(rule: RouteRule, flights: HeldRoute["flights"], home: Home): boolean {
  return rule.backendRefs?.some((ref) => flightFor(ref, flights, home.namespace) !== undefined) ?? false;
}

/** What to write on a route for these flights: none gives it back to its owner exactly. JSON merge patch. */
export function routePatch(route: Route, flights: HeldRoute["flights"]) {
  const { rules, held } = written(rulesOf(route), flights, homeOf(route));
  const label = Object.keys(flights)[0];
  return {
    metadata: {
      resourceVersion: route.metadata.resourceVersion,
      labels: { [FLIGHT]: label ?? null },
      annotations: { [HELD]: label === undefined ? null : JSON.stringify(held) },
    },
    spec: { rules },
  };
}

/** The rules of a user with these flights in them, and the record by which they can be restored. */
export function written(intent: readonly RouteRule[], flights: HeldRoute["flights"], home: Home) {
  const rendered = render(intent, flights, home);
  const added = rendered.flatMap((entry, i) => (entry.added ? [i] : []));
  const held: HeldRoute = {
    rules: originals(intent, flights, home),
    ...(added.length > 0 && { added }),
    flights,
  };
  return { rules: rendered.map(({ rule }) => rule), held };
}

/** Rules as they were before we wrote them. */
export function restore(rules: readonly RouteRule[], held: HeldRoute | undefined): readonly RouteRule[] {
  const users = rules.filter((_rule, i) => !held?.added?.includes(i));
  return users.map((rule, i) => asWritten(rule, held?.rules[i]));
}

/** A rule with its user's own values. */
export function asWritten(rule: RouteRule, original: Original | undefined): RouteRule {
  if (original === undefined) return rule;
  const { filters: _filters, ...rest } = rule;
  const { backendRefs, filters } = original;
  if (filters === undefined) return { ...rule, backendRefs: [...backendRefs] };
  return { ...rest, ...(filters !== null && { filters }), backendRefs: [...backendRefs] };
}

function originals(
  rules: readonly RouteRule[],
  flights: HeldRoute["flights"],
  home: Home,
): HeldRoute["rules"] {
  const mirrors = Object.values(flights).some(({ mirror }) => mirror !== undefined);
  return Object.fromEntries(
    rules.flatMap((rule, i) => {
      if (!isTouched(rule, flights, home)) return [];
      const filters = (rule.filters ?? null) as readonly unknown[] | null;
      return [[String(i), { backendRefs: rule.backendRefs ?? [], ...(mirrors && { filters }) }]];
    }),
  );
}
