import { expect } from "chai";
import fc from "fast-check";
import type { ReferenceGrant, Route, RouteKind } from "../../../../kube/core/routes.ts";
import { FLIGHT } from "../../../../rollout/keys.ts";
import { type Plan, parsePlan } from "../../../../rollout/plan/plan.ts";
import { hostConflictCaveats } from "../../../../rollout/preflight/host-conflicts.ts";
import { permitted } from "../../../../rollout/traffic/grants.ts";
import { leanRoute } from "../../../../rollout/traffic/lean-route.ts";
import { backendsOf, namesAny, rulesOf, servicesNamed } from "../../../../rollout/traffic/overlay.ts";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import { aService } from "../../../support/builders.ts";
import { anyRoute as anyRules, anyShares, applied } from "../../../support/routes.ts";

const services = ["a", "b"].map((name) => aService({ meta: { name } }));
const { plan } = parsePlan({ "serin.dev/rollout": "canary", "serin.dev/sticky": "1h" }) as { plan: Plan };

const anyHeaders = fc.constantFrom([], [{ name: "x-beta", value: "1" }]);
const anyRoute: fc.Arbitrary<Route> = fc
  .record({
    route: anyRules,
    headers: anyHeaders,
    name: fc.constantFrom("r", "s", "t", "u"),
    namespace: fc.constantFrom("shop", "edge", "other"),
    kind: fc.constantFrom<RouteKind>("HTTPRoute", "GRPCRoute"),
    hostnames: fc.option(fc.subarray(["a.example", "b.example"]), { nil: undefined }),
    parents: fc.subarray(["one", "two"]),
    shares: fc.option(anyShares, { nil: undefined }),
  })
  .map(({ route, headers, name, namespace, kind, hostnames, parents, shares }) => {
    const [first, ...rest] = route.spec.rules ?? [];
    const matches = [...(first?.matches ?? []), { headers }];
    const users: Route = {
      kind,
      metadata: { ...route.metadata, name, namespace, uid: "u", generation: 3 },
      spec: {
        parentRefs: parents.map((parent) => ({ name: parent, namespace: "gateways" })),
        ...(hostnames !== undefined && { hostnames }),
        rules: first === undefined ? [] : [{ ...first, matches }, ...rest],
      },
    };
    return shares === undefined ? users : applied(users, shares);
  });
const anyGrants: fc.Arbitrary<ReferenceGrant[]> = fc.array(
  fc
    .record({ from: fc.constantFrom("edge", "other"), name: fc.constantFrom("a", "b", "c", undefined) })
    .map(({ from, name }) => ({
      metadata: { name: "g", namespace: "shop" },
      spec: {
        from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: from }],
        to: [{ group: "", kind: "Service", ...(name !== undefined && { name }) }],
      },
    })),
  { maxLength: 2 },
);

/** Whether a request may match both routes, by the routes as they are stored. */
function conflicts(own: Route, other: Route): boolean {
  const parents = (route: Route) => (route.spec.parentRefs ?? []).map(({ name }) => name);
  const [hosts = [], others = []] = [own.spec.hostnames, other.spec.hostnames];
  return (
    parents(own).some((parent) => parents(other).includes(parent)) &&
    (hosts.length === 0 || others.length === 0 || hosts.some((host) => others.includes(host))) &&
    rulesOf(other).some(({ matches = [] }) =>
      matches.some(({ headers = [], queryParams = [] }) => headers.length + queryParams.length > 0),
    )
  );
}

describe("a lean route answers as the whole route", () => {
  it("which Services it names, which rollouts share it, and which grants admit it", () => {
    fc.assert(
      fc.property(fc.array(anyRoute, { maxLength: 4 }), anyGrants, (routes, grants) => {
        for (const route of routes) {
          const lean = leanRoute(route);
          expect(lean.backends).to.deep.equal(backendsOf(route));
          for (const namespace of ["shop", "edge"]) {
            expect([...servicesNamed(lean, namespace)]).to.deep.equal([...servicesNamed(route, namespace)]);
          }
          expect(namesAny(lean, services)).to.equal(namesAny(route, services));
          for (const uid of ["uid-0", "uid-1", "uid-2"])
            expect(lean.shares.find((share) => share.uid === uid)?.namespace).to.equal(
              shareOf(route, uid)?.namespace,
            );
          expect(lean.metadata.labels?.[FLIGHT]).to.equal(route.metadata.labels?.[FLIGHT]);
        }
        expect(permitted("shop", routes.map(leanRoute), grants)).to.deep.equal(
          permitted("shop", routes, grants).map(leanRoute),
        );
      }),
    );
  });

  it("which routes may take the canary's requests", () => {
    fc.assert(
      fc.property(fc.array(anyRoute, { maxLength: 6 }), (routes) => {
        const lean = routes.map(leanRoute);
        const own = routes.filter((route) => namesAny(route, services));
        const key = ({ kind, metadata: { namespace, name } }: Route) => `${kind}/${namespace}/${name}`;
        const expected = routes.filter(
          (other) =>
            !own.some((route) => key(route) === key(other)) && own.some((route) => conflicts(route, other)),
        );
        const told = hostConflictCaveats(plan, services, lean, lean);
        expect(told).to.have.length(expected.length);
        for (const [i, { metadata }] of expected.entries())
          expect(told[i]).to.contain(`route ${metadata.namespace}/${metadata.name} has`);
      }),
    );
  });

  it("keeps neither rules, status, annotations nor managedFields", () => {
    const filler = "x".repeat(200_000);
    const lean = leanRoute({
      metadata: {
        name: "r",
        namespace: "shop",
        annotations: { filler },
        managedFields: [{ manager: filler }],
      },
      spec: { rules: [{ matches: [{ path: { value: filler } }], backendRefs: [{ name: "a" }] }] },
      status: { parents: [{ controllerName: filler }] },
    });
    expect(JSON.stringify(lean).length).to.be.below(300);
    expect(lean.size).to.be.above(800_000);
  });
});
