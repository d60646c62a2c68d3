import { expect } from "chai";
import fc from "fast-check";
import type { HeaderValue, Route, RouteFilter, RouteKind, RouteRule } from "../../kube/core/routes.ts";
import { brokenLimit } from "../../rollout/traffic/api-limits.ts";
import { rulesOf } from "../../rollout/traffic/overlay.ts";
import type { RouteRecord } from "../../rollout/traffic/route-record.ts";
import { cluster, describeCluster } from "../cluster/fixture.ts";
import { applied } from "../support/routes.ts";
import { HOME, validGrpcRules, validHttpRules, validShares } from "../support/valid-routes.ts";

const V1 = "gateway.networking.k8s.io/v1";
const COLLECTIONS = { HTTPRoute: "httproutes", GRPCRoute: "grpcroutes" } as const;
const ROUTES = 150;

describeCluster("a route in flight, before the real API server", function () {
  this.timeout(240_000);

  for (const [kind, rules] of [
    ["HTTPRoute", validHttpRules],
    ["GRPCRoute", validGrpcRules],
  ] as const) {
    it(`is always a valid ${kind}, and always restored as it was`, async () => {
      await fc.assert(
        fc.asyncProperty(rules, validShares, (given, shares) => staysValid(kind, given, shares)),
        { numRuns: ROUTES },
      );
    });
  }

  it("is valid as a mesh's route as well, with a Service as its parent", async () => {
    const given = [{ backendRefs: [{ name: "a", port: 80 }] }];
    const parentRefs = [{ group: "", kind: "Service", name: "a", port: 80 }];
    const shares = { u: { namespace: HOME, canaryServices: { a: "a-canary" }, weight: 20, since: "" } };
    for (const kind of Object.keys(COLLECTIONS) as RouteKind[]) {
      const stored = await store(kind, given, parentRefs);
      const [rule] =
        (await store(kind, inFlight(stored, shares).spec.rules ?? [], parentRefs)).spec.rules ?? [];
      expect(rule?.backendRefs?.map(({ name, weight }) => [name, weight])).to.deep.equal([
        ["a", 4],
        ["a-canary", 1],
      ]);
    }
  });

  /** One value within each limit, and one beyond it. */
  const limits: readonly [what: string, rulesWith: (count: number) => RouteRule[], most: number][] = [
    ["rules", (count) => times(count, rule({})), 16],
    ["backends", (count) => [rule({ backendRefs: times(count, { name: "a", port: 80 }) })], 16],
    ["matches of a rule", (count) => [rule({ matches: times(count, {}) })], 64],
    [
      "matches in all",
      (count) => [64, 32, count - 96].map((some) => rule({ matches: times(some, {}) })),
      128,
    ],
    ["weight", (count) => [rule({ backendRefs: [{ name: "a", port: 80, weight: count }] })], 1_000_000],
    ["filters", (count) => [rule({ filters: times(count, copies()) })], 16],
    [
      "filters of a backend",
      (count) => [rule({ backendRefs: [{ name: "a", port: 80, filters: times(count, copies()) }] })],
      16,
    ],
    ["headers of a match", (count) => [rule({ matches: [{ headers: named(count) }] })], 16],
    [
      "headers of a filter",
      (count) => [
        rule({
          filters: [{ type: "ResponseHeaderModifier", responseHeaderModifier: { add: named(count) } }],
        }),
      ],
      16,
    ],
  ];
  for (const kind of Object.keys(COLLECTIONS) as RouteKind[]) {
    for (const [what, rulesWith, most] of limits) {
      it(`has the limit that Serin expects of a ${kind}: ${most} as ${what}`, async () => {
        expect(brokenLimit(kind, rulesWith(most))).to.equal(undefined);
        expect((await create(kind, rulesWith(most))).status).to.equal(201);
        expect(brokenLimit(kind, rulesWith(most + 1)))
          .to.include(`${most + 1}`)
          .and.include(`${most}`);
        expect((await create(kind, rulesWith(most + 1))).status).to.equal(422);
      });
    }
  }
});

async function staysValid(kind: RouteKind, given: RouteRule[], shares: RouteRecord["shares"]): Promise<void> {
  const stored = await store(kind, given);
  const flown = inFlight(stored, shares);
  const rules = flown.spec.rules ?? [];
  // Serin's admission refuses such a plan.
  if (brokenLimit(kind, rules) !== undefined) return;
  const { spec } = await store(kind, rules);
  expect(rulesOf({ ...flown, spec }), "restored").to.deep.equal(stored.spec.rules);
}

function inFlight(route: Route, shares: RouteRecord["shares"]): Route {
  return applied(route, shares);
}

/** The route as the API server would store it, with all its defaults; throws if the API server refuses it. */
async function store(kind: RouteKind, rules: readonly RouteRule[], parentRefs?: object[]): Promise<Route> {
  const { status, body } = await create(kind, rules, parentRefs);
  if (status === 201) return body as Route;
  throw new Error(`${status}: ${(body as { message?: string }).message}`);
}

async function create(kind: RouteKind, rules: readonly RouteRule[], parentRefs?: object[]) {
  const { api } = await cluster();
  const path = `/apis/${V1}/namespaces/${HOME}/${COLLECTIONS[kind]}?dryRun=All&fieldValidation=Strict`;
  const spec = { ...(parentRefs && { parentRefs }), rules };
  return api.request("POST", path, { apiVersion: V1, kind, metadata: { name: "any" }, spec });
}

function rule(fields: RouteRule): RouteRule {
  return { backendRefs: [{ name: "a", port: 80 }], ...fields };
}

function copies(): RouteFilter {
  return { type: "RequestMirror", requestMirror: { backendRef: { name: "a", port: 80 } } };
}

function named(count: number): HeaderValue[] {
  return times(count, {}).map((_, i) => ({ name: `x-${i}`, value: "1" }));
}

function times<T>(count: number, one: T): T[] {
  return Array.from({ length: count }, () => one);
}
