import { flightFor, isService, overlayBackends } from "./backends.ts";
import { branchesOf } from "./branches.ts";
import { isSticky, type Sticky } from "./cookie.ts";
import { FLIGHT, HELD } from "./keys.ts";
import type { Match, RouteKind } from "./matching.ts";
import { mirrored } from "./mirror.ts";
import type { BackendRef, Route, RouteRule, Service } from "./objects.ts";
import { isRecord } from "./parsed.ts";
import { isInstant, isListOf, readRecord } from "./record.ts";

/** One rollout's share in a route. */
export interface Flight {
  /** Namespace of the Services. */
  readonly namespace: string;
  /** The user's Service → its twin. */
  readonly twins: Readonly<Record<string, string>>;
  /** Percent of the Service's share that goes to its twin. */
  readonly weight: number;
  /** Who gets the canary whatever the weight. */
  readonly match?: readonly Match[];
  /** Percent of the Service's requests of which the canary gets a copy, whose answers nobody sees. */
  readonly mirror?: number;
  /** Users stay with the version that they got. */
  readonly sticky?: Sticky;
  /** When this was written (RFC 3339). */
  readonly since: string;
  /** Admission took the weight, because an undo is on its way: nobody raises it meanwhile. */
  readonly drained?: true;
}

/** The annotation `serin.dev/held` of a route: what the user wrote of all that we change, and who is in flight. */
export interface HeldRoute {
  /** Index among the user's rules → the fields that we changed. */
  readonly rules: Readonly<Record<string, Original>>;
  /** The indices of the rules that are ours. */
  readonly added?: readonly number[];
  /** Deployment's UID → its share; the oldest first, because twins are appended in this order. */
  readonly flights: Readonly<Record<string, Flight>>;
}

/** Fields of one rule as the user wrote them; null where the user wrote none. */
export interface Original {
  readonly backendRefs: readonly BackendRef[];
  readonly filters?: readonly unknown[] | null;
}

/** Where a route is, and of what kind. */
export interface Home {
  readonly namespace: string;
  readonly kind: RouteKind;
}

/** Of a route. */
export function homeOf({ kind, metadata }: Route): Home {
  return { namespace: metadata.namespace ?? "", kind: kind === "GRPCRoute" ? kind : "HTTPRoute" };
}

/** The route's record of what it was, if anything is in flight on it; none where somebody has written something else there. */
export function heldRouteOf(route: Route): HeldRoute | undefined {
  return readRecord(route.metadata.annotations?.[HELD], isHeldRoute);
}

function isHeldRoute(value: unknown): value is HeldRoute {
  if (!isRecord(value) || !isRecord(value.rules) || !isRecord(value.flights)) return false;
  const { rules, added = [], flights } = value;
  return (
    Object.values(rules).every((rule) => isRecord(rule) && isListOf(rule.backendRefs, isRecord)) &&
    isListOf(added, Number.isInteger) &&
    Object.values(flights).every(isFlight)
  );
}

function isFlight(value: unknown): value is Flight {
  if (!isRecord(value) || !isRecord(value.twins)) return false;
  const { namespace, twins, weight, match = [], mirror = 0, sticky, since } = value;
  const isPercent = (share: unknown) => typeof share === "number" && share >= 0 && share <= 100;
  return (
    typeof namespace === "string" &&
    Object.values(twins).every((twin) => typeof twin === "string") &&
    isPercent(weight) &&
    isPercent(mirror) &&
    isListOf(match, isRecord) &&
    (sticky === undefined || isSticky(sticky)) &&
    isInstant(since)
  );
}

/** The rollout's share in this route, if it has one. */
export function flightOf(route: Route, uid: string): Flight | undefined {
  return heldRouteOf(route)?.flights[uid];
}

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

/** The same flights with one changed, added last, or (undefined) taken out. */
export function withFlight(
  flights: HeldRoute["flights"],
  uid: string,
  flight: Flight | undefined,
): HeldRoute["flights"] {
  if (flight !== undefined) return { ...flights, [uid]: flight };
  const { [uid]: _gone, ...rest } = flights;
  return rest;
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
