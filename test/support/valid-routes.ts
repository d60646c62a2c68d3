import fc from "fast-check";
import type { BackendRef, RouteRule } from "../../kube/core/routes.ts";
import type { Match } from "../../rollout/traffic/matches.ts";
import type { RouteRecord, RouteShare } from "../../rollout/traffic/route-record.ts";
import { AT_NOON } from "./builders.ts";
import { anyWeight } from "./routes.ts";

/** The namespace of the routes. */
export const HOME = "default";

const token = fc.constantFrom("X-Canary", "x-user", "Accept", "x-a_b.c");
const text = fc.constantFrom("insider", "a b", "^v[0-9]+$", "é", "x".repeat(300));
const service = fc.constantFrom("a", "b", "c", "d");
const fieldType = fc.constantFrom("Exact", "RegularExpression");

const uniqueByName = <T extends { name: string }>(one: fc.Arbitrary<T>, most: number) =>
  fc.uniqueArray(one, { maxLength: most, selector: ({ name }) => name.toLowerCase() });

const some = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });

const conditions = uniqueByName(
  fc.record({ name: token, value: text, type: fieldType }, { requiredKeys: ["name", "value"] }),
  3,
);
const header = fc.record({ name: token, value: text });

const modifier = fc.record(
  {
    set: uniqueByName(header, 2),
    add: uniqueByName(header, 2),
    remove: fc.uniqueArray(token, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

const serviceRef = fc.record(
  { name: service, namespace: fc.constantFrom(HOME, "other"), port: fc.constantFrom(80, 8080) },
  { requiredKeys: ["name", "port"] },
);

const mirror = fc.record(
  { backendRef: serviceRef, percent: fc.integer({ min: 0, max: 100 }) },
  { requiredKeys: ["backendRef"] },
);

const rewrite = fc.constantFrom(
  { hostname: "rewritten.example" },
  { path: { type: "ReplaceFullPath", replaceFullPath: "/new" } },
);
const prefixRewrite = fc.constant({ path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/v2" } });

type Filters = fc.Arbitrary<object[]>;

const filter = <T>(type: string, field: string, value: fc.Arbitrary<T>) =>
  value.map((it) => ({ type, [field]: it }));

/** Each of these filters at most once, except mirrors; in any order. */
function filtersOf(...rest: fc.Arbitrary<object>[]): Filters {
  const once = [
    filter("RequestHeaderModifier", "requestHeaderModifier", modifier),
    filter("ResponseHeaderModifier", "responseHeaderModifier", modifier),
    ...rest,
  ].map((one) => some(one));
  const mirrors = fc.array(filter("RequestMirror", "requestMirror", mirror), { maxLength: 2 });
  return fc
    .tuple(fc.tuple(...once), mirrors)
    .map(([found, more]) => [...found.filter((it) => it !== undefined), ...more])
    .chain((all) => fc.shuffledSubarray(all, { minLength: all.length }));
}

const cors = filter(
  "CORS",
  "cors",
  fc.record({ allowOrigins: fc.constant(["https://app.example"]), maxAge: fc.constantFrom(1, 600) }),
);

function backendRefs(filters: Filters): fc.Arbitrary<BackendRef[]> {
  const named = fc.record(
    {
      name: service,
      namespace: fc.constantFrom(HOME, "other"),
      group: fc.constant(""),
      kind: fc.constant("Service"),
      port: fc.constantFrom(80, 8080),
      weight: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 1_000_000 })),
      filters,
    },
    { requiredKeys: ["name", "port"] },
  );
  const foreign = fc.constant({ group: "example.com", kind: "Bucket", name: "assets" });
  return fc.array(fc.oneof({ weight: 5, arbitrary: named }, { weight: 1, arbitrary: foreign }), {
    maxLength: 5,
  }) as fc.Arbitrary<BackendRef[]>;
}

const path = fc.oneof(
  fc.record({
    type: fc.constantFrom("Exact", "PathPrefix"),
    value: fc.constantFrom("/", "/a", "/a/b", "/%20"),
  }),
  fc.constant({ type: "RegularExpression", value: "/[0-9]+" }),
);

const httpMatch = fc.record(
  {
    path,
    headers: conditions,
    queryParams: conditions,
    method: fc.constantFrom("GET", "POST", "PATCH"),
  },
  { requiredKeys: [] },
);

const timeouts = fc.constantFrom(
  { request: "10s" },
  { request: "10s", backendRequest: "2s" },
  { backendRequest: "1h30m" },
);

const forwarding = fc.record(
  {
    matches: fc.array(httpMatch, { minLength: 1, maxLength: 3 }),
    filters: filtersOf(filter("URLRewrite", "urlRewrite", rewrite), cors),
    backendRefs: backendRefs(filtersOf(filter("URLRewrite", "urlRewrite", rewrite))),
    timeouts,
  },
  { requiredKeys: ["backendRefs"] },
);

/** The Gateway API allows this rewrite only next to exactly one match of a prefix. */
const prefixRewriting = fc.record({
  matches: fc
    .record({ headers: conditions })
    .map((rest) => [{ path: { type: "PathPrefix", value: "/v1" }, ...rest }]),
  filters: filtersOf(filter("URLRewrite", "urlRewrite", prefixRewrite)),
  backendRefs: backendRefs(filtersOf()),
});

const redirecting = fc.record({
  matches: fc.array(httpMatch, { minLength: 1, maxLength: 2 }),
  filters: fc.constant([{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }]),
});

const httpRule = fc.oneof(
  { weight: 5, arbitrary: forwarding },
  { weight: 1, arbitrary: prefixRewriting },
  { weight: 1, arbitrary: redirecting },
) as fc.Arbitrary<RouteRule>;

const grpcMatch = fc.record(
  {
    method: fc.constantFrom(
      { service: "shop.Cart" },
      { service: "shop.Cart", method: "Add" },
      { type: "RegularExpression", method: "^Get.*$" },
    ),
    headers: conditions,
  },
  { requiredKeys: [] },
);

const grpcRule = fc.record(
  {
    matches: fc.array(grpcMatch, { maxLength: 3 }),
    filters: filtersOf(),
    backendRefs: backendRefs(filtersOf()),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<RouteRule>;

function rulesFrom(rule: fc.Arbitrary<RouteRule>): fc.Arbitrary<RouteRule[]> {
  const named = fc.tuple(rule, fc.boolean());
  return fc
    .array(named, { minLength: 1, maxLength: 4 })
    .map((all) => all.map(([one, name], i) => (name ? { name: `rule-${i}`, ...one } : one)));
}

/** Rules that the API server accepts in an HTTPRoute of `HOME`, with every part that the Gateway API's v1 knows. */
export const validHttpRules = rulesFrom(httpRule);
/** The same for a GRPCRoute. */
export const validGrpcRules = rulesFrom(grpcRule);

const match: fc.Arbitrary<Match> = fc.oneof(
  fc.record({ headers: uniqueByName(fc.record({ name: token, value: text, type: fieldType }), 2) }),
  fc.record({ queryParams: fc.constant([{ name: "canary", value: "yes" }]) }),
) as fc.Arbitrary<Match>;

const isMatch = ({ headers = [], queryParams = [] }: Match) => headers.length + queryParams.length > 0;

const exposure = fc.record(
  {
    weight: anyWeight,
    match: fc.array(match.filter(isMatch), { minLength: 1, maxLength: 2 }),
    mirror: fc.constantFrom(1, 10, 33, 100),
    sticky: fc.constant({ cookie: "serin-web", id: "abc123", seconds: 3600 }),
  },
  { requiredKeys: ["weight"] },
);

/** Up to two rollouts, each with anything that a plan may grant. */
export const validShares: fc.Arbitrary<RouteRecord["shares"]> = fc
  .uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom(HOME, "other"), exposure), {
    minLength: 1,
    maxLength: 2,
    selector: ([name, namespace]) => `${namespace}/${name}`,
  })
  .map((all) =>
    Object.fromEntries(
      all.map(([name, namespace, granted], i): [string, RouteShare] => [
        `uid-${i}`,
        {
          namespace,
          canaryServices: { [name]: `${name}-canary` },
          ...(granted as Pick<RouteShare, "weight">),
          since: AT_NOON,
        },
      ]),
    ),
  );
