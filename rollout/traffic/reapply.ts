import type { BackendRef, Route, RouteRule } from "../../kube/core/routes.ts";
import { FLIGHT, HELD } from "../keys.ts";
import { equal } from "../text/equal.ts";
import { withoutMirrors } from "./mirror.ts";
import { overlay, restoreRoute, restoreRule, written } from "./overlay.ts";
import { formatRouteRecord, homeOf, isService, type RouteRecord, routeRecordOf } from "./route-record.ts";
import { withoutCookie } from "./sticky.ts";

/**
 * What a person or GitOps engine wants of a route that they write in flight. They may send their manifest (no twins) or
 * an edit of what they saw: rules that we had added are dropped; a rule whose fields are just as we had written them gets
 * its originals back; of any other the twins are taken out and their weight goes back to their Service.
 */
export function readIntent(requested: Route, old: Route): readonly RouteRule[] {
  const held = routeRecordOf(old);
  const rules = requested.spec.rules ?? [];
  if (held === undefined) return rules;
  const carried = carriedRecord(requested, old);
  if (carried !== undefined && isOurAnswer(requested, carried)) return restoreRoute(rules, carried);
  const { namespace } = homeOf(old);
  const namesTwin = ({ backendRefs = [] }: RouteRule) =>
    backendRefs.some((ref) => serviceOfTwin(ref, held.shares, namespace) !== undefined);
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
      return original === undefined ? withoutOurs(rule, held.shares, namespace) : restoreRule(rule, original);
    });
}

/** The route as it must be stored when somebody else wrote it in flight. */
export function reimpose(requested: Route, old: Route): Route {
  const shares = routeRecordOf(old)?.shares;
  if (shares === undefined) return requested;
  const { rules, record } = written(readIntent(requested, old), shares, homeOf(old));
  return {
    ...requested,
    metadata: {
      ...requested.metadata,
      labels: { ...requested.metadata.labels, [FLIGHT]: old.metadata.labels?.[FLIGHT] ?? "" },
      annotations: { ...requested.metadata.annotations, [HELD]: formatRouteRecord(record) },
    },
    spec: { ...requested.spec, rules: [...rules] },
  };
}

/**
 * The record that a request brings along: our own answer when we are asked again about it, or a dump of earlier. By the
 * stored one itself only what is new is read: rules that were moved may look alike, and keep their own originals.
 */
function carriedRecord(requested: Route, old: Route): RouteRecord | undefined {
  const isSame = requested.metadata.annotations?.[HELD] === old.metadata.annotations?.[HELD];
  const isKnown = (rule: RouteRule) => old.spec.rules?.some((was) => equal(was, rule)) ?? false;
  if (isSame && (requested.spec.rules ?? []).every(isKnown)) return undefined;
  try {
    return routeRecordOf(requested);
  } catch {
    // Not ours, whatever it is: it is dropped with the key.
    return undefined;
  }
}

/** Whether the rules that came with a record are just what it makes of its own. */
function isOurAnswer(requested: Route, carried: RouteRecord): boolean {
  if (carried.shares === undefined || carried.rules === undefined) return false;
  const rules = requested.spec.rules ?? [];
  return equal(overlay(restoreRoute(rules, carried), carried.shares, homeOf(requested)), rules);
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

function partition(rules: readonly RouteRule[], held: RouteRecord): [added: RouteRule[], users: RouteRule[]] {
  const isOurs = (index: number) => held.added?.includes(index) ?? false;
  return [rules.filter((_rule, i) => isOurs(i)), rules.filter((_rule, i) => !isOurs(i))];
}

/**
 * What a rule was when we wrote it; rules may have moved, and several may look alike. Who has changed only the weights of the
 * twins in it wanted something of the canary, which is not his to give here, and nothing else of the rule. Nor did who took
 * out a twin that had all the weight: the zeros that are left are ours.
 */
function originalOf(
  { rules, shares }: RouteRecord,
  users: readonly RouteRule[],
  rule: RouteRule,
  index: number,
  home: string,
) {
  const plainly = ({ backendRefs }: RouteRule) =>
    backendRefs?.map((ref) =>
      serviceOfTwin(ref, shares, home) === undefined ? ref : { ...ref, weight: undefined },
    );
  const isTwin = ({ backendRefs: [ref] = [] }: RouteRule) =>
    ref !== undefined && serviceOfTwin(ref, shares, home) !== undefined;
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
function withoutOurs(rule: RouteRule, shares: RouteRecord["shares"], home: string): RouteRule {
  const refs = rule.backendRefs;
  if (refs === undefined) return rule;
  const twinWeights = new Map<string, number[]>();
  const users: BackendRef[] = [];
  for (const ref of refs) {
    const service = serviceOfTwin(ref, shares, home);
    if (service === undefined) users.push(withoutCookies(ref, shares));
    else append(twinWeights, identity(service, ref, home), ref.weight ?? 1);
  }
  const backendRefs = users.map((ref) => {
    // Twins stand in the order of their Services: where one is named twice, each gets its own back.
    const extra = twinWeights.get(identity(ref.name, ref, home))?.shift() ?? 0;
    return extra === 0 ? ref : { ...ref, weight: (ref.weight ?? 1) + extra };
  });
  return withoutMirrors({ ...rule, backendRefs }, (ref) => serviceOfTwin(ref, shares, home) !== undefined);
}

function withoutCookies(ref: BackendRef, shares: RouteRecord["shares"]): BackendRef {
  return Object.values(shares).reduce(
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

function serviceOfTwin(ref: BackendRef, shares: RouteRecord["shares"], home: string): string | undefined {
  if (!isService(ref)) return undefined;
  for (const share of Object.values(shares)) {
    if (share.namespace !== (ref.namespace ?? home)) continue;
    const found = Object.entries(share.canaryServices).find(
      ([, canaryService]) => canaryService === ref.name,
    );
    if (found !== undefined) return found[0];
  }
  return undefined;
}
