import { FLIGHT, HELD } from "./keys.ts";
import type { BackendRef, Route, RouteRule } from "./objects.ts";

/** The Gateway API's limits on a weight and on the backends of a rule. */
const WEIGHT_LIMIT = 1_000_000;
const BACKENDS_LIMIT = 16;

/** One rollout's share in a route. */
export interface Flight {
  /** Namespace of the Services. */
  readonly namespace: string;
  /** The user's Service → its twin. */
  readonly twins: Readonly<Record<string, string>>;
  /** Percent of the Service's share that goes to its twin. */
  readonly weight: number;
  /** When this weight was written (RFC 3339). */
  readonly since: string;
  /** Admission took the weight, because an undo is on its way: nobody raises it meanwhile. */
  readonly drained?: true;
}

/** The annotation `serin.dev/held` of a route: the user's backends of every rule we touch, and who is in flight. */
export interface HeldRoute {
  /** Index of the rule → its backendRefs as the user wrote them. */
  readonly rules: Readonly<Record<string, readonly BackendRef[]>>;
  /** Deployment's UID → its share; the oldest first, because twins are appended in this order. */
  readonly flights: Readonly<Record<string, Flight>>;
}

/** The route's record of what it was, if anything is in flight on it. Throws when its text is not ours. */
export function heldRouteOf(route: Route): HeldRoute | undefined {
  const text = route.metadata.annotations?.[HELD];
  return text === undefined ? undefined : (JSON.parse(text) as HeldRoute);
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

/** The rule that would get too many backends, if there is one: its index. */
export function overfullRule(route: Route, flights: HeldRoute["flights"]): number | undefined {
  const index = overlay(rulesOf(route), flights, route.metadata.namespace ?? "").findIndex(
    (rule) => (rule.backendRefs?.length ?? 0) > BACKENDS_LIMIT,
  );
  return index < 0 ? undefined : index;
}

/**
 * The user's rules with every flight's twins in them. Only rules that name a Service in flight change, and in them only
 * backendRefs: each weight is multiplied, ours are split between Service and twin, so that all other shares stay what
 * they were. Twins come after the user's backends, because proxies name their series by a backend's index.
 */
export function overlay(
  rules: readonly RouteRule[],
  flights: HeldRoute["flights"],
  home: string,
): readonly RouteRule[] {
  return rules.map((rule) => {
    const touched = rule.backendRefs?.some((ref) => flightFor(ref, flights, home) !== undefined);
    return touched ? { ...rule, backendRefs: overlayBackends(rule.backendRefs ?? [], flights, home) } : rule;
  });
}

/** What to write on a route for these flights: none gives it back to its owner exactly. JSON merge patch. */
export function routePatch(route: Route, flights: HeldRoute["flights"]) {
  const intent = rulesOf(route);
  const home = route.metadata.namespace ?? "";
  const rules = overlay(intent, flights, home);
  const held: HeldRoute = { rules: originals(intent, flights, home), flights };
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

function restore(rules: readonly RouteRule[], held: HeldRoute | undefined): readonly RouteRule[] {
  return rules.map((rule, i) => {
    const original = held?.rules[i];
    return original === undefined ? rule : { ...rule, backendRefs: [...original] };
  });
}

/** Index of every rule in which somebody is in flight → its backendRefs as the user wrote them. */
export function originals(
  rules: readonly RouteRule[],
  flights: HeldRoute["flights"],
  home: string,
): HeldRoute["rules"] {
  return Object.fromEntries(
    rules.flatMap((rule, i) =>
      rule.backendRefs?.some((ref) => flightFor(ref, flights, home) !== undefined)
        ? [[String(i), rule.backendRefs]]
        : [],
    ),
  );
}

function overlayBackends(
  refs: readonly BackendRef[],
  flights: HeldRoute["flights"],
  home: string,
): BackendRef[] {
  const scale = Math.max(...Object.values(flights).map((flight) => scaleOf(flight.weight)));
  const raised = Object.values(flights).some((flight) => flight.weight > 0);
  const own = refs.map((ref) => {
    const flight = flightFor(ref, flights, home);
    return share(ref, 100 * scale - percent(flight?.weight ?? 0, scale));
  });
  const twins = Object.values(flights).flatMap((flight) =>
    refs
      .filter((ref) => flightFor(ref, flights, home) === flight)
      .map((ref) =>
        share({ ...ref, name: flight.twins[ref.name] ?? ref.name }, percent(flight.weight, scale)),
      ),
  );
  if (raised) return reduce(own, twins);
  // Nobody gets anything yet: the user's own refs stay to the letter.
  return [...refs, ...twins.map((ref) => ({ ...ref, weight: 0 }))];
}

/** Percents have at most two decimals: the smallest factor that makes each of them whole. */
function scaleOf(weight: number): number {
  return [1, 10].find((factor) => percent(weight, factor) * 100 === percent(weight, 100) * factor) ?? 100;
}

/** Whole numbers: binary fractions of percents (33.33 × 100) must not make weights fractional. */
function percent(weight: number, scale: number): number {
  return Math.round(weight * scale);
}

function share(ref: BackendRef, parts: number): BackendRef {
  return { ...ref, weight: (ref.weight ?? 1) * parts };
}

/**
 * The same shares in the smallest whole numbers; proxies that count requests out come to a canary's turn sooner. Where the
 * API's limit makes them inexact, twins are rounded down and all others up: a canary never gets more than was granted.
 */
function reduce(own: BackendRef[], twins: BackendRef[]): BackendRef[] {
  const weights = [...own, ...twins].map((ref) => ref.weight ?? 1);
  const divisor = weights.reduce(greatestCommonDivisor, 0) || 1;
  const excess = Math.max(divisor, Math.max(...weights) / WEIGHT_LIMIT);
  const fit = (ref: BackendRef, whole: (weight: number) => number) => {
    return { ...ref, weight: Math.min(WEIGHT_LIMIT, whole((ref.weight ?? 1) / excess)) };
  };
  return [...own.map((ref) => fit(ref, Math.ceil)), ...twins.map((ref) => fit(ref, Math.floor))];
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function flightFor(ref: BackendRef, flights: HeldRoute["flights"], home: string): Flight | undefined {
  if (!isService(ref)) return undefined;
  return Object.values(flights).find(
    (flight) => flight.namespace === (ref.namespace ?? home) && Object.hasOwn(flight.twins, ref.name),
  );
}

/** Whether a ref names a Service of the core API, not a backend of another kind. */
export function isService(ref: BackendRef): boolean {
  return (ref.group ?? "") === "" && (ref.kind ?? "Service") === "Service";
}
