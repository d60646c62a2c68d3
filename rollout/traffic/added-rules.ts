import type { RouteRule, RuleMatch } from "../../kube/core/routes.ts";
import { both, type Match } from "./matches.ts";
import { accompanyingRules, countOf, needsOrder, type RuleMatchRef, ruleMatchRefsOf } from "./precedence.ts";
import { groupedFor } from "./prefix-rewrite.ts";
import { type Home, type RouteShare, shareFor } from "./route-record.ts";
import { cookieOf } from "./sticky.ts";
import { overlayBackends } from "./weights.ts";

/** Users whose version does not depend on chance, and the percentage of them that the canary gets. */
interface Audience {
  readonly uid: string;
  readonly matches: readonly Match[];
  readonly weight: 0 | 100;
}

type Shares = Readonly<Record<string, RouteShare>>;

/** The rules that Serin adds for one of the user's rules, and where. */
interface AddedRules {
  /** Right before the user's rule: they have the same matches, and the first of equal rules counts. */
  readonly before: readonly RouteRule[];
  /** After all of the user's rules, so that these keep their places: some gateways name what they count by the place. */
  readonly after: readonly RouteRule[];
}

/**
 * The rules that Serin adds for each of the user's rules (by its index): for testers, who always get the canary, and for
 * users whose cookie keeps them at their version. Each added rule requires all that the user's rule requires and one
 * condition more, so it outranks only that rule, wherever it stands. A rule that outranks the user's rule gets the same
 * added rule, so that it still does.
 */
export function addedRulesOf(rules: readonly RouteRule[], shares: Shares, home: Home): readonly AddedRules[] {
  const matchRefs = ruleMatchRefsOf(rules);
  const all = audiencesOf(shares).map((audience) => ({
    audience,
    accompanying: accompanyingOf(matchRefs, rules, audience, shares, home),
  }));
  const ordered = needsOrder(rules);
  return rules.map((rule, index) => {
    const own = matchRefs.filter((matchRef) => matchRef.rule === index);
    const added = all.map(({ audience, accompanying }) => {
      const copies = own.flatMap((ref) =>
        accompanying.flatMap((accompanied) => {
          const copy = accompanied.get(ref);
          if (copy === undefined) return [];
          return [{ copy, isFirst: ordered || countOf(copy) === countOf(ref.match) }];
        }),
      );
      const rulesFor = (first: boolean) => {
        const matches = copies.filter(({ isFirst }) => isFirst === first).map(({ copy }) => copy);
        return groupedFor(rule, matches).map((group) => ruleFor(rule, group, audience, shares, home));
      };
      return { before: rulesFor(true), after: rulesFor(false) };
    });
    return {
      before: added.flatMap(({ before }) => before),
      after: added.flatMap(({ after }) => after),
    };
  });
}

/** The index of the first rule of the rollout for which no added rule can separate its testers or cookies, if any. */
export function inseparableRule(
  rules: readonly RouteRule[],
  uid: string,
  shares: Shares,
  home: Home,
): number | undefined {
  const matchRefs = ruleMatchRefsOf(rules);
  const inseparable = audiencesOf(shares)
    .filter((audience) => audience.uid === uid)
    .flatMap((audience) =>
      accompanyingOf(matchRefs, rules, audience, shares, home).flatMap((accompanying, i) =>
        matchRefs.filter((matchRef) => {
          if (accompanying.has(matchRef) || !isTouched(rules[matchRef.rule], uid, shares, home)) return false;
          return both(matchRef.match, audience.matches[i] ?? {}, home.kind) !== "never";
        }),
      ),
    );
  return inseparable.length === 0 ? undefined : Math.min(...inseparable.map(({ rule }) => rule));
}

/** For each match of an audience: the user's matches that get it, with the match of the added rule. */
function accompanyingOf(
  matchRefs: readonly RuleMatchRef[],
  rules: readonly RouteRule[],
  { uid, matches }: Audience,
  shares: Shares,
  home: Home,
): readonly ReadonlyMap<RuleMatchRef, RuleMatch>[] {
  const isWanted = (rule: number) => isTouched(rules[rule], uid, shares, home);
  const ordered = needsOrder(rules);
  return matches.map((more) => accompanyingRules(matchRefs, isWanted, more, home.kind, ordered));
}

function audiencesOf(shares: Shares): Audience[] {
  return Object.entries(shares).flatMap(([uid, { match, sticky }]): Audience[] => [
    ...(match === undefined
      ? []
      : [{ uid, matches: match.flatMap((it) => testerMatches(it, sticky)), weight: 100 as const }]),
    ...(sticky === undefined
      ? []
      : ([
          { uid, matches: [cookieOf(sticky, "canary")], weight: 100 },
          { uid, matches: [cookieOf(sticky, "stable")], weight: 0 },
        ] as const)),
  ]);
}

/**
 * The matches by which testers get the canary, even with a cookie of the stable version. A match on headers outranks one on
 * query parameters, and a rule may require the tester's condition already, so a second match names that cookie, too. A
 * tester with a condition on cookies needs no second match: a match holds one condition on cookies.
 */
function testerMatches(match: Match, sticky: RouteShare["sticky"]): Match[] {
  const headers = match.headers ?? [];
  if (sticky === undefined || headers.some(({ name }) => name.toLowerCase() === "cookie")) return [match];
  return [match, { ...match, headers: [...headers, ...(cookieOf(sticky, "stable").headers ?? [])] }];
}

function ruleFor(
  { name: _name, ...rule }: RouteRule,
  matches: readonly RuleMatch[],
  { uid, weight }: Audience,
  shares: Shares,
  home: Home,
): RouteRule {
  const share = shares[uid] as RouteShare;
  const touched = rule.backendRefs?.some((ref) => shareFor(ref, shares, home.namespace) !== undefined);
  if (!touched) return { ...rule, matches };
  const decided = { ...shares, [uid]: { ...share, weight } };
  return { ...rule, matches, backendRefs: overlayBackends(rule.backendRefs ?? [], decided, home.namespace) };
}

function isTouched(rule: RouteRule | undefined, uid: string, shares: Shares, home: Home): boolean {
  const share = shares[uid];
  return rule?.backendRefs?.some((ref) => shareFor(ref, shares, home.namespace) === share) ?? false;
}
