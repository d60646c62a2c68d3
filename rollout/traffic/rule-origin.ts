import type { BackendRef, RouteRule } from "../../kube/core/routes.ts";
import { equal } from "../text/equal.ts";
import { isService, type RouteRecord } from "./route-record.ts";

/** A request's rules, and the stored ones: those that Serin had added, and the user's. */
export interface StoredRules {
  readonly rules: readonly RouteRule[];
  readonly stored: readonly RouteRule[];
  /** Whether Serin had added the stored rule at this index. */
  readonly wasAdded: (index: number) => boolean;
  readonly added: readonly RouteRule[];
  readonly users: readonly RouteRule[];
}

/**
 * Whether the requested rule at this index is one that Serin had added, perhaps edited since. The user may have an equal
 * rule: as long as all are there, their order tells which is which. Otherwise, the user's stands after the added one, as
 * does one with the same matches: then the rule is an added one if more such rules follow, itself included, than the user
 * can account for.
 */
export function isAdded(
  rule: RouteRule,
  index: number,
  { rules, stored, wasAdded, added, users }: StoredRules,
  namesCanary: (rule: RouteRule) => boolean,
): boolean {
  const follow = rules.slice(index);
  const isEqual = (other: RouteRule) => equal(other, rule);
  const [isOfSerin, isOfUser] = [added.some(isEqual), users.some(isEqual)];
  if (isOfSerin !== isOfUser) return isOfSerin;
  const equals = stored.flatMap((other, i) => (isEqual(other) ? [wasAdded(i)] : []));
  const behind = follow.filter(isEqual).length;
  if (isOfSerin && rules.filter(isEqual).length === equals.length) return equals.at(-behind) ?? false;
  if (isOfSerin) return behind > users.filter(isEqual).length;
  if (!namesCanary(rule)) return false;
  const isAlike = (other: RouteRule) => namesCanary(other) && equal(other.matches, rule.matches);
  const isIn = (list: readonly RouteRule[]) => (other: RouteRule) => list.some((it) => equal(it, other));
  const edited = follow.filter((other) => isAlike(other) && !isIn([...added, ...users])(other));
  const missing = users.filter((own) => isAlike(own) && !isIn(rules)(own));
  return added.some(isAlike) && edited.length > missing.length;
}

/** The rule without its canary Services, as it is if a user removed only these. */
export function withoutCanaries(rule: RouteRule, namesCanary: (rule: RouteRule) => boolean): RouteRule {
  const { backendRefs = [] } = rule;
  return { ...rule, backendRefs: backendRefs.filter((ref) => !namesCanary({ backendRefs: [ref] })) };
}

export function partition(
  rules: readonly RouteRule[],
  record: RouteRecord,
): [added: RouteRule[], users: RouteRule[]] {
  const wasAdded = (index: number) => record.added?.includes(index) ?? false;
  return [rules.filter((_rule, i) => wasAdded(i)), rules.filter((_rule, i) => !wasAdded(i))];
}

/**
 * The originals of a rule, if Serin wrote it; rules may have moved, and several may be equal. A change of the canary
 * Services' weights alone changes nothing of the user's rule: Serin sets these weights. The removal of a canary Service
 * that had all the weight changes nothing either: Serin wrote the zeros that remain.
 */
export function originalOf(
  { rules, shares }: RouteRecord,
  users: readonly RouteRule[],
  rule: RouteRule,
  index: number,
  home: string,
) {
  const plainly = ({ backendRefs }: RouteRule) =>
    backendRefs?.map((ref) =>
      serviceOfCanary(ref, shares, home) === undefined ? ref : { ...ref, weight: undefined },
    );
  const isCanary = ({ backendRefs: [ref] = [] }: RouteRule) =>
    ref !== undefined && serviceOfCanary(ref, shares, home) !== undefined;
  const isEmptied = (was: RouteRule) =>
    hasWeight(was) &&
    !hasWeight(rule) &&
    equal(withoutCanaries(was, isCanary).backendRefs, withoutCanaries(rule, isCanary).backendRefs);
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

/** The Service whose canary Service a backend names, by the shares in the route. */
export function serviceOfCanary(
  ref: BackendRef,
  shares: RouteRecord["shares"],
  home: string,
): string | undefined {
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
