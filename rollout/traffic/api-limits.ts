import type { BackendRef, RouteFilter, RouteKind, RouteRule } from "../../kube/core/routes.ts";

/** The most that the Gateway API allows in a route, in both kinds (config/crd/standard, v1.2 to v1.6). */
const MOST = {
  rules: 16,
  backends: 16,
  filters: 16,
  /** In one rule. */
  matches: 64,
  /** In all rules together. */
  allMatches: 128,
  /** Conditions on headers or on query parameters of one match. */
  conditions: 16,
  /** Headers that one filter sets, adds or removes. */
  headers: 16,
  weight: 1_000_000,
} as const;

/**
 * The limit for which the API server would refuse a route with these rules, as text: the rule (counted from 0), the count and
 * the limit. `undefined` if the rules keep to every limit. The text describes the route as it would be during the rollout.
 */
export function brokenLimit(kind: RouteKind, rules: readonly RouteRule[]): string | undefined {
  if (rules.length > MOST.rules) return exceeds("the route", rules.length, MOST.rules, "rules");
  for (const [i, rule] of rules.entries()) {
    const broken = brokenInRule(rule);
    if (broken !== undefined) return exceeds(`rule ${i}`, ...broken);
  }
  const matches = rules.reduce((sum, rule) => sum + matchesIn(rule, kind), 0);
  if (matches > MOST.allMatches) return exceeds("the route", matches, MOST.allMatches, "matches in all");
  return undefined;
}

type Broken = readonly [count: number, most: number, what: string];

function brokenInRule(rule: RouteRule): Broken | undefined {
  const backends = rule.backendRefs ?? [];
  const matches = listOf(rule.matches);
  const filters = [rule, ...backends].map((owner) => listOf(owner.filters));
  const counts: Broken[] = [
    [backends.length, MOST.backends, "backends"],
    [matches.length, MOST.matches, "matches"],
    [largest(filters), MOST.filters, "filters in one list"],
    [
      largest(matches.flatMap(({ headers, queryParams }) => [listOf(headers), listOf(queryParams)])),
      MOST.conditions,
      "headers or query parameters in one match",
    ],
    [largest(filters.flat().flatMap(headersOf)), MOST.headers, "headers in one filter"],
    [heaviest(backends), MOST.weight, "as a backend's weight"],
  ];
  return counts.find(([count, most]) => count > most);
}

/** The API server gives each rule of an HTTPRoute without matches one match for every path. */
function matchesIn(rule: RouteRule, kind: RouteKind): number {
  if (rule.matches === undefined) return kind === "HTTPRoute" ? 1 : 0;
  return listOf(rule.matches).length;
}

function headersOf({ requestHeaderModifier, responseHeaderModifier }: RouteFilter): (readonly unknown[])[] {
  return [requestHeaderModifier, responseHeaderModifier].flatMap((modifier) => [
    listOf(modifier?.add),
    listOf(modifier?.set),
    listOf(modifier?.remove),
  ]);
}

function heaviest(backends: readonly BackendRef[]): number {
  return Math.max(0, ...backends.map(({ weight = 1 }) => weight));
}

function largest(lists: readonly (readonly unknown[])[]): number {
  return Math.max(0, ...lists.map((list) => list.length));
}

/** Admission gets routes before the API server has checked their schema, so a list may be any JSON. */
function listOf<T>(list: readonly T[] | undefined): readonly T[] {
  return Array.isArray(list) ? list : [];
}

function exceeds(where: string, count: number, most: number, what: string): string {
  return `${where} would have ${count} ${what}, and the Gateway API allows ${most}`;
}
