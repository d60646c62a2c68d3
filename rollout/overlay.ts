import { equal } from "./equal.ts";
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

/**
 * What a person or GitOps engine wants of a route that they write in flight. They may send their manifest (no twins) or
 * an edit of what they saw (twins in it): a rule whose backends are just as we had written them keeps its originals; of
 * any other the twins are taken out and their weight goes back to their Service.
 */
export function readIntent(requested: Route, old: Route): readonly RouteRule[] {
  const held = heldRouteOf(old);
  const home = old.metadata.namespace ?? "";
  if (held === undefined) return requested.spec.rules ?? [];
  const carried = carriedRecord(requested, old);
  return (requested.spec.rules ?? []).map((rule, i) => {
    const original = carriedBackends(carried, rule, i, home) ?? heldBackends(held, old, rule, i);
    return original === undefined
      ? withoutTwins(rule, held.flights, home)
      : { ...rule, backendRefs: [...original] };
  });
}

/** The route as it must be stored when somebody else wrote it in flight. */
export function reimpose(requested: Route, old: Route): Route {
  const held = heldRouteOf(old);
  if (held === undefined) return requested;
  const home = old.metadata.namespace ?? "";
  const intent = readIntent(requested, old);
  const record: HeldRoute = { rules: originals(intent, held.flights, home), flights: held.flights };
  return {
    ...requested,
    metadata: {
      ...requested.metadata,
      labels: { ...requested.metadata.labels, [FLIGHT]: old.metadata.labels?.[FLIGHT] ?? "" },
      annotations: { ...requested.metadata.annotations, [HELD]: JSON.stringify(record) },
    },
    spec: { ...requested.spec, rules: [...overlay(intent, held.flights, home)] },
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

/** The record that a request brings along: our own answer when we are asked again about it, or a dump of earlier. */
function carriedRecord(requested: Route, old: Route): HeldRoute | undefined {
  if (requested.metadata.annotations?.[HELD] === old.metadata.annotations?.[HELD]) return undefined;
  try {
    return heldRouteOf(requested);
  } catch {
    // Not ours, whatever it is: it is dropped with the key.
    return undefined;
  }
}

/** What a rule's backends were by a record that came with them, if they are just what this record makes of them. */
function carriedBackends(carried: HeldRoute | undefined, rule: RouteRule, i: number, home: string) {
  const original = carried?.rules?.[i];
  if (carried?.flights === undefined || original === undefined) return undefined;
  const [made] = overlay([{ backendRefs: [...original] }], carried.flights, home);
  return equal(made?.backendRefs, rule.backendRefs) ? original : undefined;
}

/** What a rule's backends were when we wrote them; rules may have moved, and several may look alike. */
function heldBackends(held: HeldRoute, old: Route, rule: RouteRule, index: number) {
  const alike = (old.spec.rules ?? []).flatMap((was, i) =>
    held.rules[i] !== undefined && equal(was.backendRefs, rule.backendRefs) ? [{ i, was }] : [],
  );
  const same = alike.filter(({ was }) => equal(was, rule));
  const likely = same.length > 0 ? same : alike;
  const found = likely.find(({ i }) => i === index) ?? likely[0];
  return found && held.rules[found.i];
}

function restore(rules: readonly RouteRule[], held: HeldRoute | undefined): readonly RouteRule[] {
  return rules.map((rule, i) => {
    const original = held?.rules[i];
    return original === undefined ? rule : { ...rule, backendRefs: [...original] };
  });
}

function originals(
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

function withoutTwins(rule: RouteRule, flights: HeldRoute["flights"], home: string): RouteRule {
  const refs = rule.backendRefs;
  if (refs === undefined) return rule;
  const twinWeights = new Map<string, number[]>();
  const users: BackendRef[] = [];
  for (const ref of refs) {
    const service = serviceOfTwin(ref, flights, home);
    if (service === undefined) users.push(ref);
    else append(twinWeights, identity(service, ref, home), ref.weight ?? 1);
  }
  if (users.length === refs.length) return rule;
  const backendRefs = users.map((ref) => {
    // Twins stand in the order of their Services: where one is named twice, each gets its own back.
    const extra = twinWeights.get(identity(ref.name, ref, home))?.shift() ?? 0;
    return extra === 0 ? ref : { ...ref, weight: (ref.weight ?? 1) + extra };
  });
  return { ...rule, backendRefs };
}

function append(weights: Map<string, number[]>, key: string, weight: number): void {
  weights.set(key, [...(weights.get(key) ?? []), weight]);
}

function identity(service: string, ref: BackendRef, home: string): string {
  return `${ref.namespace ?? home}/${service}:${ref.port ?? ""}`;
}

function flightFor(ref: BackendRef, flights: HeldRoute["flights"], home: string): Flight | undefined {
  if (!isService(ref)) return undefined;
  return Object.values(flights).find(
    (flight) => flight.namespace === (ref.namespace ?? home) && Object.hasOwn(flight.twins, ref.name),
  );
}

function serviceOfTwin(ref: BackendRef, flights: HeldRoute["flights"], home: string): string | undefined {
  if (!isService(ref)) return undefined;
  for (const flight of Object.values(flights)) {
    if (flight.namespace !== (ref.namespace ?? home)) continue;
    const found = Object.entries(flight.twins).find(([, twin]) => twin === ref.name);
    if (found !== undefined) return found[0];
  }
  return undefined;
}

function isService(ref: BackendRef): boolean {
  return (ref.group ?? "") === "" && (ref.kind ?? "Service") === "Service";
}
