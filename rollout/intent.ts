import { equal } from "./equal.ts";
import { FLIGHT, HELD } from "./keys.ts";
import type { BackendRef, Route, RouteRule } from "./objects.ts";
import { type HeldRoute, heldRouteOf, isService, originals, overlay } from "./overlay.ts";

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

function serviceOfTwin(ref: BackendRef, flights: HeldRoute["flights"], home: string): string | undefined {
  if (!isService(ref)) return undefined;
  for (const flight of Object.values(flights)) {
    if (flight.namespace !== (ref.namespace ?? home)) continue;
    const found = Object.entries(flight.twins).find(([, twin]) => twin === ref.name);
    if (found !== undefined) return found[0];
  }
  return undefined;
}
