import fc from "fast-check";
import type { FieldMatch, RouteRule, RuleMatch } from "../../kube/core/routes.ts";
import type { Match } from "../../rollout/traffic/matches.ts";
import type { RouteRecord, RouteShare } from "../../rollout/traffic/route-record.ts";
import { cookieHeader, type Sticky } from "../../rollout/traffic/sticky.ts";
import type { Request } from "../model/router.ts";
import { AT_NOON } from "./builders.ts";

/** The cookie of the rollouts that `anyExposedShares` makes. */
export const STICKY: Sticky = { cookie: "serin-web", id: "r7", seconds: 3600 };

const anyField = (names: readonly string[]): fc.Arbitrary<FieldMatch> =>
  fc.oneof(
    fc.record({
      type: fc.constant("Exact" as const),
      name: fc.constantFrom(...names),
      value: fc.constantFrom("1", "2"),
    }),
    fc.record({
      type: fc.constant("RegularExpression" as const),
      name: fc.constantFrom(...names),
      value: fc.constant("^(?:[12])$"),
    }),
  );
const anyFields = (names: readonly string[], maxLength: number) =>
  fc.uniqueArray(anyField(names), { maxLength, selector: ({ name }) => name.toLowerCase() });
const cookieCondition = cookieHeader([["tester", "yes"]]);

/** Matches of one route's rules: few paths, methods, headers and query parameters, so that they often overlap. */
const anyRuleMatch: fc.Arbitrary<RuleMatch> = fc
  .record({
    path: fc.constantFrom(
      undefined,
      { type: "PathPrefix", value: "/" },
      { type: "PathPrefix", value: "/a" },
      { type: "PathPrefix", value: "/a/b" },
      { type: "Exact", value: "/a" },
    ),
    method: fc.constantFrom(undefined, undefined, "GET"),
    headers: fc
      .tuple(anyFields(["x-t", "x-u", "X-V", "x-w"], 3), fc.integer({ max: 9, min: 0 }))
      .map(([fields, n]) => (n === 0 ? [...fields, cookieCondition] : fields)),
    queryParams: anyFields(["t", "q"], 1),
  })
  .map(({ path, method, headers, queryParams }) => ({
    ...(path && { path }),
    ...(method && { method }),
    ...(headers.length > 0 && { headers }),
    ...(queryParams.length > 0 && { queryParams }),
  }));

/** Rules that overlap each other, some with the Services `web` and `api`, some with others; `mark` identifies each. */
export const anyOverlappingRules: fc.Arbitrary<RouteRule[]> = fc
  .array(
    fc.record({
      matches: fc.array(anyRuleMatch, { maxLength: 2 }),
      backends: fc.uniqueArray(fc.constantFrom("web", "api", "other", "more"), {
        minLength: 1,
        maxLength: 2,
      }),
      weight: fc.integer({ min: 1, max: 3 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((rules) =>
    rules.map(({ matches, backends, weight }, mark) => ({
      ...(matches.length > 0 && { matches }),
      backendRefs: backends.map((name, i) => ({ name, port: 80, weight: i === 0 ? weight : 1 })),
      mark,
    })),
  );

const anyTesters: fc.Arbitrary<readonly Match[]> = fc.array(
  fc.oneof(
    fc
      .tuple(anyFields(["x-t", "x-u"], 2), anyFields(["t"], 1))
      .map(
        ([headers, queryParams]): Match =>
          headers.length + queryParams.length === 0
            ? { headers: [{ type: "Exact", name: "x-t", value: "1" }] }
            : { ...(headers.length > 0 && { headers }), ...(queryParams.length > 0 && { queryParams }) },
      ),
    fc.constant<Match>({ headers: [cookieCondition] }),
  ),
  { minLength: 1, maxLength: 2 },
);

/** A rollout of `web` with any of testers, sticky cookies, a mirror and a weight, and perhaps one of `api` with a weight. */
export const anyExposedShares: fc.Arbitrary<RouteRecord["shares"]> = fc
  .record({
    weight: fc.constantFrom(0, 10, 50, 100),
    match: fc.option(anyTesters, { nil: undefined }),
    sticky: fc.boolean(),
    mirror: fc.constantFrom(undefined, undefined, 20, 100),
    neighbour: fc.constantFrom(undefined, 0, 25),
    first: fc.boolean(),
  })
  .map(({ weight, match, sticky, mirror, neighbour, first }) => {
    const of = (service: string) => ({
      namespace: "shop",
      canaryServices: { [service]: `${service}-canary` },
      since: AT_NOON,
    });
    const web: RouteShare = {
      ...of("web"),
      weight: weight,
      ...(match && { match }),
      ...(sticky && { sticky: STICKY }),
      ...(mirror && { mirror }),
    };
    if (neighbour === undefined) return { web };
    const api: RouteShare = { ...of("api"), weight: neighbour };
    return first ? { api, web } : { web, api };
  });

/** Requests that the rules of `anyOverlappingRules` may match, with cookies in any order. */
export const anyRequest: fc.Arbitrary<Request> = fc
  .record({
    path: fc.constantFrom("/", "/a", "/a/b", "/c"),
    method: fc.constantFrom("GET", "POST"),
    headers: fc.dictionary(fc.constantFrom("x-t", "x-u", "x-v", "x-w"), fc.constantFrom("1", "2", "3")),
    query: fc.dictionary(fc.constantFrom("t", "q"), fc.constantFrom("1", "2", "3")),
    cookies: fc.uniqueArray(
      fc.constantFrom(
        "tester=yes",
        "serin-web=r7-canary",
        "serin-web=r7-stable",
        "serin-web=r6-canary",
        "a=b",
      ),
      { maxLength: 3 },
    ),
  })
  .map(({ cookies, headers, ...request }) => ({
    ...request,
    headers: { ...headers, ...(cookies.length > 0 && { cookie: cookies.join("; ") }) },
  }));
