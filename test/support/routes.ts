import fc from "fast-check";
import type { BackendRef, Route, RouteRule } from "../../kube/core/routes.ts";
import { HELD } from "../../rollout/keys.ts";
import { routePatch } from "../../rollout/traffic/overlay.ts";
import type { RouteRecord, RouteShare } from "../../rollout/traffic/route-record.ts";
import { AT_NOON } from "./builders.ts";

/** The route after the API server has stored `routePatch` for these shares. */
export function applied(route: Route, shares: RouteRecord["shares"]): Route {
  const { metadata, spec } = routePatch(route, shares);
  const { [HELD]: _held, ...annotations } = route.metadata.annotations ?? {};
  const held = metadata.annotations[HELD];
  const labels = Object.fromEntries(Object.entries(metadata.labels).filter(([, value]) => value !== null));
  return {
    ...route,
    metadata: {
      ...route.metadata,
      labels: labels as Record<string, string>,
      annotations: held === null ? annotations : { ...annotations, [HELD]: held },
    },
    spec: { ...route.spec, rules: [...spec.rules] },
  };
}

/** JSON as it comes over the wire: no -0. */
const anyJson = fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** Services `a` to `c` may be in flight; `d` and other kinds never are. */
const anyRef: fc.Arbitrary<BackendRef> = fc.record(
  {
    name: fc.constantFrom("a", "b", "c", "d"),
    namespace: fc.constantFrom("shop", "edge", "other"),
    kind: fc.constantFrom("Service", "Service", "Bucket"),
    group: fc.constantFrom("", "", "example.com"),
    port: fc.constantFrom(80, 81),
    weight: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 1_000_000 })),
    filters: fc.constant([{ type: "RequestHeaderModifier" }]),
    future: anyJson,
  },
  { requiredKeys: ["name"] },
);

const anyRule: fc.Arbitrary<RouteRule> = fc.record(
  {
    name: fc.string(),
    matches: fc.array(fc.record({ path: fc.record({ value: fc.string() }) }), { maxLength: 2 }),
    backendRefs: fc.array(anyRef, { maxLength: 6 }),
    future: anyJson,
  },
  { requiredKeys: [] },
);

/** Routes of the namespace `shop` as users write them. */
export const anyRoute: fc.Arbitrary<Route> = fc
  .array(anyRule, { maxLength: 5 })
  .map((rules) => ({ metadata: { name: "r", namespace: "shop", resourceVersion: "1" }, spec: { rules } }));

/** Percents with at most two decimals. */
export const anyWeight: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, 100, 0.01, 33.33, 99.99),
  fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100),
);

/** Up to three rollouts, each of another Service. */
export const anyShares: fc.Arbitrary<RouteRecord["shares"]> = fc
  .uniqueArray(
    fc.record({
      service: fc.constantFrom("a", "b", "c"),
      namespace: fc.constantFrom("shop", "edge"),
      weight: anyWeight,
    }),
    { minLength: 1, maxLength: 3, selector: ({ service, namespace }) => `${namespace}/${service}` },
  )
  .map((all) =>
    Object.fromEntries(
      all.map(({ service, namespace, weight }, i): [string, RouteShare] => [
        `uid-${i}`,
        { namespace, canaryServices: { [service]: `${service}-canary` }, weight: weight, since: AT_NOON },
      ]),
    ),
  );
