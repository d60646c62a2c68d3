import type { RouteRule } from "../../kube/core/routes.ts";
import { both, type Match, type RuleMatch } from "./matches.ts";
import { companyOf, type Place, placesOf } from "./precedence.ts";
import { groupedFor } from "./prefix-rewrite.ts";
import { type Flight, flightFor, type Home } from "./route-record.ts";
import { cookieOf } from "./sticky.ts";
import { overlayBackends } from "./weights.ts";

/** Users whose version does not depend on chance, and the share of them (percent) that the canary gets. */
interface Branch {
  readonly uid: string;
  readonly matches: readonly Match[];
  readonly weight: 0 | 100;
}

type Flights = Readonly<Record<string, Flight>>;

/**
 * The rules to put before each of the user's rules (by its index): for testers, who always see the canary, and for users
 * whose cookie keeps them at their version. Each demands all that the user's rule does and one thing more, so it outranks
 * just that one. A rule that would have outranked the user's gets the same company, so that it still does.
 */
export function branchesOf(
  rules: readonly RouteRule[],
  flights: Flights,
  home: Home,
): readonly (readonly RouteRule[])[] {
  const places = placesOf(rules);
  const all = branches(flights).map((branch) => ({
    branch,
    company: companies(places, rules, branch, flights, home),
  }));
  return rules.map((rule, index) =>
    all.flatMap(({ branch, company }) => {
      const own = places.filter((place) => place.rule === index);
      const matches = own
        .flatMap((place) => company.map((accompanied) => accompanied.get(place)))
        .filter((match) => match !== undefined);
      return groupedFor(rule, matches).map((group) => branched(rule, group, branch, flights, home));
    }),
  );
}

/** The testers or cookies that some rule of the flight cannot be told apart by: the rule's index. */
export function unbranchable(
  rules: readonly RouteRule[],
  uid: string,
  flights: Flights,
  home: Home,
): number | undefined {
  const places = placesOf(rules);
  const untold = branches(flights)
    .filter((branch) => branch.uid === uid)
    .flatMap((branch) =>
      companies(places, rules, branch, flights, home).flatMap((company, i) =>
        places.filter((place) => {
          if (company.has(place) || !isTouched(rules[place.rule], uid, flights, home)) return false;
          return both(place.match, branch.matches[i] ?? {}, home.kind) !== "never";
        }),
      ),
    );
  return untold.length === 0 ? undefined : Math.min(...untold.map(({ rule }) => rule));
}

/** For each of a branch's matches, the places that get it. */
function companies(
  places: readonly Place[],
  rules: readonly RouteRule[],
  { uid, matches }: Branch,
  flights: Flights,
  home: Home,
): readonly ReadonlyMap<Place, RuleMatch>[] {
  const isWanted = (rule: number) => isTouched(rules[rule], uid, flights, home);
  return matches.map((more) => companyOf(places, isWanted, more, home.kind));
}

function branches(flights: Flights): Branch[] {
  return Object.entries(flights).flatMap(([uid, { match, sticky }]): Branch[] => [
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
function firmly(match: Match, sticky: Flight["sticky"]): Match[] {
  const headers = match.headers ?? [];
  if (sticky === undefined || headers.some(({ name }) => name.toLowerCase() === "cookie")) return [match];
  return [match, { ...match, headers: [...headers, ...(cookieOf(sticky, "stable").headers ?? [])] }];
}

function branched(
  { name: _name, ...rule }: RouteRule,
  matches: readonly RuleMatch[],
  { uid, weight }: Branch,
  flights: Flights,
  home: Home,
): RouteRule {
  const flight = flights[uid] as Flight;
  const touched = rule.backendRefs?.some((ref) => flightFor(ref, flights, home.namespace) !== undefined);
  if (!touched) return { ...rule, matches };
  const shares = { ...flights, [uid]: { ...flight, weight } };
  return { ...rule, matches, backendRefs: overlayBackends(rule.backendRefs ?? [], shares, home.namespace) };
}

function isTouched(rule: RouteRule | undefined, uid: string, flights: Flights, home: Home): boolean {
  const flight = flights[uid];
  return rule?.backendRefs?.some((ref) => flightFor(ref, flights, home.namespace) === flight) ?? false;
}
