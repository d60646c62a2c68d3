import type { BackendRef, Route, RouteRule } from "../../kube/core/routes.ts";
import { FLIGHT, HELD } from "../keys.ts";
import { equal } from "../text/equal.ts";
import { withoutMirrors } from "./mirror.ts";
import { asWritten, overlay, restore, written } from "./overlay.ts";
import { type HeldRoute, heldRouteOf, homeOf, isService } from "./route-record.ts";
import { withoutCookie } from "./sticky.ts";

/**
 * What a person or GitOps engine wants of a route that they write in flight. They may send their manifest (no twins) or
 * an edit of what they saw: rules that we had added are dropped; a rule whose fields are just as we had written them gets
 * its originals back; of any other the twins are taken out and their weight goes back to their Service.
 */
export function readIntent(requested: Route, old: Route): readonly RouteRule[] {
  const held = heldRouteOf(old);
  const rules = requested.spec.rules ?? [];
  if (held === undefined) return rules;
  const carried = carriedRecord(requested, old);
  if (carried !== undefined && isOurAnswer(requested, carried)) return restore(rules, carried);
  const { namespace } = homeOf(old);
  const namesTwin = ({ backendRefs = [] }: RouteRule) =>
    backendRefs.some((ref) => serviceOfTwin(ref, held.flights, namespace) !== undefined);
  const [added, users] = partition(old.spec.rules ?? [], held);
  const rests = added.filter(namesTwin).map((rule) => withoutTwins(rule, namesTwin));
  const isRest = (rule: RouteRule) =>
    rests.some((rest) => equal(rest, rule)) &&
    !users.some((own) => equal(withoutTwins(own, namesTwin), rule));
  // A manifest has nothing of ours, even if it has a rule like one of them.
  const isEdit = rules.some((rule) => namesTwin(rule) || isRest(rule));
  return rules
    .filter(
      (rule, i) => !(isEdit && (isRest(rule) || isAdded(rule, rules.slice(i), added, users, namesTwin))),
    )
    .map((rule, i) => {
      const original = originalOf(held, users, rule, i, namespace);
      return original === undefined ? withoutOurs(rule, held.flights, namespace) : asWritten(rule, original);
    });
}

/** The route as it must be stored when somebody else wrote it in flight. */
export function reimpose(requested: Route, old: Route): Route {
  const flights = heldRouteOf(old)?.flights;
  if (flights === undefined) return requested;
  const { rules, held } = written(readIntent(requested, old), flights, homeOf(old));
  return {
    ...requested,
    metadata: {
      ...requested.metadata,
      labels: { ...requested.metadata.labels, [FLIGHT]: old.metadata.labels?.[FLIGHT] ?? "" },
      annotations: { ...requested.metadata.annotations, [HELD]: JSON.stringify(held) },
    },
    spec: { ...requested.spec, rules: [...rules] },
  };
}

/**
 * The record that a request brings along: our own answer when we are asked again about it, or a dump of earlier. By the
 * stored one itself only what is new is read: rules that were moved may look alike, and keep their own originals.
 */
function carriedRecord(requested: Route, old: Route): HeldRoute | undefined {
  const isSame = requested.metadata.annotations?.[HELD] === old.metadata.annotations?.[HELD];
  const isKnown = (rule: RouteRule) => old.spec.rules?.some((was) => equal(was, rule)) ?? false;
  if (isSame && (requested.spec.rules ?? []).every(isKnown)) return undefined;
  try {
    return heldRouteOf(requested);
  } catch {
    // Not ours, whatever it is: it is dropped with the key.
    return undefined;
  }
}

/** Whether the rules that came with a record are just what it makes of its own. */
function isOurAnswer(requested: Route, carried: HeldRoute): boolean {
  if (carried.flights === undefined || carried.rules === undefined) return false;
  const rules = requested.spec.rules ?? [];
  return equal(overlay(restore(rules, carried), carried.flights, homeOf(requested)), rules);
}

/**
 * Whether a rule is one that we had added, perhaps edited since. The owner may have one like it, which stands after ours:
 * it is ours if more of them follow than are his. `rest`: the requested rules from this one on.
 */
function isAdded(
  rule: RouteRule,
  rest: readonly RouteRule[],
  added: readonly RouteRule[],
  users: readonly RouteRule[],
  namesTwin: (rule: RouteRule) => boolean,
): boolean {
  const isSame = (other: RouteRule) => equal(other, rule);
  const [mine, his] = [added.some(isSame), users.some(isSame)];
  if (mine !== his) return mine;
  const isAlike = namesTwin(rule)
    ? (other: RouteRule) => namesTwin(other) && equal(other.matches, rule.matches)
    : isSame;
  return added.some(isAlike) && rest.filter(isAlike).length > users.filter(isAlike).length;
}

/** What is left where somebody took no more than the twins out of a rule. */
function withoutTwins(rule: RouteRule, namesTwin: (rule: RouteRule) => boolean): RouteRule {
  const { backendRefs = [] } = rule;
  return { ...rule, backendRefs: backendRefs.filter((ref) => !namesTwin({ backendRefs: [ref] })) };
}

function partition(rules: readonly RouteRule[], held: HeldRoute): [added: RouteRule[], users: RouteRule[]] {
  const isOurs = (index: number) => held.added?.includes(index) ?? false;
  return [rules.filter((_rule, i) => isOurs(i)), rules.filter((_rule, i) => !isOurs(i))];
}

/**
 * What a rule was when we wrote it; rules may have moved, and several may look alike. Who has changed only the weights of the
 * twins in it wanted something of the canary, which is not his to give here, and nothing else of the rule. Nor did who took
 * out a twin that had all the weight: the zeros that are left are ours.
 */
function originalOf(
  { rules, flights }: HeldRoute,
  users: readonly RouteRule[],
  rule: RouteRule,
  index: number,
  home: string,
) {
  const plainly = ({ backendRefs }: RouteRule) =>
    backendRefs?.map((ref) =>
      serviceOfTwin(ref, flights, home) === undefined ? ref : { ...ref, weight: undefined },
    );
  const isTwin = ({ backendRefs: [ref] = [] }: RouteRule) =>
    ref !== undefined && serviceOfTwin(ref, flights, home) !== undefined;
  const isEmptied = (was: RouteRule) =>
    hasWeight(was) &&
    !hasWeight(rule) &&
    equal(withoutTwins(was, isTwin).backendRefs, withoutTwins(rule, isTwin).backendRefs);
  const alike = users.flatMap((was, i) => {
    const original = rules[i];
    const same = original?.filters === undefined || equal(was.filters, rule.filters);
    const kept = equal(plainly(was), plainly(rule)) || isEmptied(was);
    return original !== undefined && same && kept ? [{ i, was }] : [];
  });
  const same = alike.filter(({ was }) => equal(was, rule));
  const likely = same.length > 0 ? same : alike;
  const found = likely.find(({ i }) => i === index) ?? likely[0];
  return found && rules[found.i];
}

function hasWeight({ backendRefs = [] }: RouteRule): boolean {
  return backendRefs.some(({ weight = 1 }) => weight > 0);
}

/** An edited rule without our twins, cookies and copies. */
function withoutOurs(rule: RouteRule, flights: HeldRoute["flights"], home: string): RouteRule {
  const refs = rule.backendRefs;
  if (refs === undefined) return rule;
  const twinWeights = new Map<string, number[]>();
  const users: BackendRef[] = [];
  for (const ref of refs) {
    const service = serviceOfTwin(ref, flights, home);
    if (service === undefined) users.push(withoutCookies(ref, flights));
    else append(twinWeights, identity(service, ref, home), ref.weight ?? 1);
  }
  const backendRefs = users.map((ref) => {
    // Twins stand in the order of their Services: where one is named twice, each gets its own back.
    const extra = twinWeights.get(identity(ref.name, ref, home))?.shift() ?? 0;
    return extra === 0 ? ref : { ...ref, weight: (ref.weight ?? 1) + extra };
  });
  return withoutMirrors({ ...rule, backendRefs }, (ref) => serviceOfTwin(ref, flights, home) !== undefined);
}

function withoutCookies(ref: BackendRef, flights: HeldRoute["flights"]): BackendRef {
  return Object.values(flights).reduce(
    (rest, { sticky }) => (sticky === undefined ? rest : withoutCookie(rest, sticky)),
    ref,
  );
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
