import type { RouteKind, RouteRule, RuleMatch } from "../../kube/core/routes.ts";
import { both, type Match, matchesOf, namesMore, outranks } from "./matches.ts";

/** One match of one of the user's rules. */
export interface RuleMatchRef {
  /** The rule's index. */
  readonly rule: number;
  readonly match: RuleMatch;
  /** Places of other rules that take requests which this one would take, too. */
  readonly above: readonly RuleMatchRef[];
}

/** Every place of a route, those above others before them. */
export function ruleMatchRefsOf(rules: readonly RouteRule[]): readonly RuleMatchRef[] {
  const bare = rules.flatMap((rule, i) =>
    matchesOf(rule).map((match) => ({ rule: i, match, above: [] as RuleMatchRef[] })),
  );
  for (const place of bare) {
    const above = bare.filter(
      ({ rule, match }) => rule !== place.rule && outranks(match, place.match, rule < place.rule),
    );
    place.above.push(...above);
  }
  return bare.toSorted(
    (a, b) =>
      count(b.match.headers) - count(a.match.headers) ||
      count(b.match.queryParams) - count(a.match.queryParams) ||
      a.rule - b.rule,
  );
}

/**
 * The places that get company, a rule of ours for just the requests that fulfil one thing more: those that are wanted, and
 * those above them, which must stay above. Left out is what would take a request from a place above it, because the Gateway
 * API has no words for that place's company.
 */
export function accompanyingRules(
  places: readonly RuleMatchRef[],
  isWanted: (rule: number) => boolean,
  more: Match,
  kind: RouteKind,
): ReadonlyMap<RuleMatchRef, RuleMatch> {
  const joined = new Map(places.map((place) => [place, both(place.match, more, kind)]));
  const safe = new Map<RuleMatchRef, RuleMatch>();
  for (const place of places) {
    const company = joined.get(place);
    if (company === undefined || typeof company === "string") continue;
    if (place.above.every((above) => staysAbove(above, place, company))) safe.set(place, company);
  }
  const needed = new Set<RuleMatchRef>();
  for (const place of places.toReversed()) {
    if (!safe.has(place) || !(needed.has(place) || isWanted(place.rule))) continue;
    needed.add(place);
    // A place that demands it anyway stays above without company.
    for (const above of place.above) if (!demands(above)) needed.add(above);
  }
  return new Map([...safe].filter(([place]) => needed.has(place)));

  function staysAbove(above: RuleMatchRef, place: RuleMatchRef, branch: RuleMatch): boolean {
    const company = joined.get(above);
    if (company === undefined || typeof company === "string") return company === "never";
    return namesMore(company, branch, above.rule < place.rule) && (safe.has(above) || demands(above));
  }

  function demands(place: RuleMatchRef): boolean {
    const company = joined.get(place);
    return typeof company === "object" && size(company) === size(place.match);
  }
}

function size({ headers, queryParams }: Match): number {
  return count(headers) + count(queryParams);
}

function count(fields: readonly unknown[] | undefined): number {
  return fields?.length ?? 0;
}
