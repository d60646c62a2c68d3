import type { RouteKind, RouteRule, RuleMatch } from "../../kube/core/routes.ts";
import { isRecord } from "../text/parse.ts";
import { both, type Match, matchesOf, namesMore, outranks } from "./matches.ts";

/** One match of one of the user's rules. */
export interface RuleMatchRef {
  /** The rule's index. */
  readonly rule: number;
  readonly match: RuleMatch;
  /** Matches of other rules that take requests which this match would take, too. */
  readonly above: readonly RuleMatchRef[];
}

/** Every match of a route's rules; a match that outranks another one comes before it. */
export function ruleMatchRefsOf(rules: readonly RouteRule[]): readonly RuleMatchRef[] {
  const bare = rules.flatMap((rule, i) =>
    matchesOf(rule).map((match) => ({ rule: i, match, above: [] as RuleMatchRef[] })),
  );
  for (const ref of bare) {
    const above = bare.filter(
      ({ rule, match }) => rule !== ref.rule && outranks(match, ref.match, rule < ref.rule),
    );
    ref.above.push(...above);
  }
  return bare.toSorted(
    (a, b) =>
      count(b.match.headers) - count(a.match.headers) ||
      count(b.match.queryParams) - count(a.match.queryParams) ||
      a.rule - b.rule,
  );
}

/**
 * The matches that need a copy with one more condition (`more`): those of the wanted rules, and every match that outranks one
 * of them, so that precedence does not change. A match gets no copy if the copy would take requests from a match above it
 * whose own copy the Gateway API cannot express. `ordered`: see needsOrder.
 */
export function accompanyingRules(
  refs: readonly RuleMatchRef[],
  isWanted: (rule: number) => boolean,
  more: Match,
  kind: RouteKind,
  ordered: boolean,
): ReadonlyMap<RuleMatchRef, RuleMatch> {
  const joined = new Map(refs.map((ref) => [ref, both(ref.match, more, kind)]));
  const safe = new Map<RuleMatchRef, RuleMatch>();
  for (const ref of refs) {
    const copy = joined.get(ref);
    if (copy === undefined || typeof copy === "string") continue;
    if (ref.above.every((above) => keepsPrecedence(above, ref, copy))) safe.set(ref, copy);
  }
  const needed = new Set<RuleMatchRef>();
  for (const ref of refs.toReversed()) {
    if (!safe.has(ref) || !(needed.has(ref) || isWanted(ref.rule))) continue;
    needed.add(ref);
    // A match that requires the condition already keeps its precedence without a copy.
    for (const above of ref.above) if (!alreadyRequires(above)) needed.add(above);
  }
  return new Map([...safe].filter(([ref]) => needed.has(ref)));

  function keepsPrecedence(above: RuleMatchRef, ref: RuleMatchRef, below: RuleMatch): boolean {
    const copy = joined.get(above);
    if (copy === undefined || typeof copy === "string") return copy === "never";
    // A copy with one more condition stands after all of the user's rules.
    const stays = alreadyRequires(above) && !ordered;
    return (
      namesMore(copy, below, stays || above.rule < ref.rule) && (safe.has(above) || alreadyRequires(above))
    );
  }

  function alreadyRequires(ref: RuleMatchRef): boolean {
    const copy = joined.get(ref);
    return typeof copy === "object" && countOf(copy) === countOf(ref.match);
  }
}

/**
 * Whether the order of the rules decides more than the Gateway API says: it leaves the precedence of regular expressions of
 * paths and methods to the implementation. Then an added rule must stand right before the user's.
 */
export function needsOrder(rules: readonly RouteRule[]): boolean {
  return rules.some((rule) =>
    matchesOf(rule).some(({ path, method }) => [path, method].some((part) => isExpression(part))),
  );
}

function isExpression(part: unknown): boolean {
  const type = isRecord(part) ? part.type : undefined;
  return type !== undefined && type !== "Exact" && type !== "PathPrefix";
}

/** The number of headers and query parameters that a match names. */
export function countOf({ headers, queryParams }: Match): number {
  return count(headers) + count(queryParams);
}

function count(fields: readonly unknown[] | undefined): number {
  return fields?.length ?? 0;
}
