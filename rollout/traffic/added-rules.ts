import type { RouteRule, RuleMatch } from "../../kube/core/routes.ts";
import { both, type Match } from "./matches.ts";
import { accompanyingRules, type RuleMatchRef, ruleMatchRefsOf } from "./precedence.ts";
import { groupedFor } from "./prefix-rewrite.ts";
import { type Home, type RouteShare, shareFor } from "./route-record.ts";
import { cookieOf } from "./sticky.ts";
import { overlayBackends } from "./weights.ts";

/** Users whose version does not depend on chance, and the share of them (percent) that the canary gets. */
interface AddedRule {
  readonly uid: string;
  readonly matches: readonly Match[];
  readonly weight: 0 | 100;
}

type Flights = Readonly<Record<string, RouteShare>>;

/**
 * The rules to put before each of the user's rules (by its index): for testers, who always see the canary, and for users
 * whose cookie keeps them at their version. Each demands all that the user's rule does and one thing more, so it outranks
 * just that one. A rule that would have outranked the user's gets the same company, so that it still does.
 */
export function branchesOf(
  rules: readonly RouteRule[],
  shares: Flights,
  home: Home,
): readonly (readonly RouteRule[])[] {
  const places = ruleMatchRefsOf(rules);
  const all = branches(shares).map((branch) => ({
    branch,
    company: companies(places, rules, branch, shares, home),
  }));
  return rules.map((rule, index) =>
    all.flatMap(({ branch, company }) => {
      const own = places.filter((place) => place.rule === index);
      const matches = own
        .flatMap((place) => company.map((accompanied) => accompanied.get(place)))
        .filter((match) => match !== undefined);
      return groupedFor(rule, matches).map((group) => branched(rule, group, branch, shares, home));
    }),
  );
}

/** The testers or cookies that some rule of the flight cannot be told apart by: the rule's index. */
export function unbranchable(
  rules: readonly RouteRule[],
  uid: string,
  shares: Flights,
  home: Home,
): number | undefined {
  const places = ruleMatchRefsOf(rules);
  const untold = branches(shares)
    .filter((branch) => branch.uid === uid)
    .flatMap((branch) =>
      companies(places, rules, branch, shares, home).flatMap((company, i) =>
        places.filter((place) => {
          if (company.has(place) || !isTouched(rules[place.rule], uid, shares, home)) return false;
          return both(place.match, branch.matches[i] ?? {}, home.kind) !== "never";
        }),
      ),
    );
  return untold.length === 0 ? undefined : Math.min(...untold.map(({ rule }) => rule));
}

/** For each of a branch's matches, the places that get it. */
function companies(
  places: readonly RuleMatchRef[],
  rules: readonly RouteRule[],
  { uid, matches }: AddedRule,
  shares: Flights,
  home: Home,
): readonly ReadonlyMap<RuleMatchRef, RuleMatch>[] {
  const isWanted = (rule: number) => isTouched(rules[rule], uid, shares, home);
  return matches.map((more) => accompanyingRules(places, isWanted, more, home.kind));
}

function branches(shares: Flights): AddedRule[] {
  return Object.entries(shares).flatMap(([uid, { match, sticky }]): AddedRule[] => [
    ...(match === undefined
      ? []
      : [{ uid, matches: match.flatMap((it) => firmly(it, sticky)), weight: 100 as const }]),
    ...(sticky === undefined
      ? []
      : ([
          { uid, matches: [cookieOf(sticky, "canary")], weight: 100 },
          { uid, matches: [cookieOf(sticky, "stable")], weight: 0 },
        ] as const)),
  ]);
}

/**
 * A tester stays one with a cookie of the stable version, even where a rule demands already what he is told by, or a query
 * parameter tells it: headers count for more. One who is told by a cookie needs nothing: there is one condition on cookies.
 */
function firmly(match: Match, sticky: RouteShare["sticky"]): Match[] {
  const headers = match.headers ?? [];
  if (sticky === undefined || headers.some(({ name }) => name.toLowerCase() === "cookie")) return [match];
  return [match, { ...match, headers: [...headers, ...(cookieOf(sticky, "stable").headers ?? [])] }];
}

function branched(
  { name: _name, ...rule }: RouteRule,
  matches: readonly RuleMatch[],
  { uid, weight }: AddedRule,
  shares: Flights,
  home: Home,
): RouteRule {
  const share = shares[uid] as RouteShare;
  const touched = rule.backendRefs?.some((ref) => shareFor(ref, shares, home.namespace) !== undefined);
  if (!touched) return { ...rule, matches };
  const branch = { ...shares, [uid]: { ...share, weight } };
  return { ...rule, matches, backendRefs: overlayBackends(rule.backendRefs ?? [], branch, home.namespace) };
}

function isTouched(rule: RouteRule | undefined, uid: string, shares: Flights, home: Home): boolean {
  const share = shares[uid];
  return rule?.backendRefs?.some((ref) => shareFor(ref, shares, home.namespace) === share) ?? false;
}
