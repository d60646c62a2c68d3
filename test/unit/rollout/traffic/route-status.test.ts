import { expect } from "chai";
import type { ParentRef, ParentStatus, Route } from "../../../../kube/core/routes.ts";
import { isStatusElsewhere, notAccepted } from "../../../../rollout/gateways/settle.ts";
import { answersOf, awaited, unansweredWarnings } from "../../../../rollout/traffic/route-status.ts";
import { aRoute } from "../../../support/builders.ts";
import { aShop, image, outcome, watched } from "../../../support/shop.ts";

const gateway = { name: "gw", namespace: "edge" };
const service = { group: "", kind: "Service", name: "web", port: 80 };
const status = (controllerName: string, parentRef: object, observedGeneration?: number): ParentStatus => ({
  controllerName,
  parentRef: parentRef as Record<string, unknown>,
  conditions: ["Accepted", "ResolvedRefs"].map((type) => ({
    type,
    status: "True" as const,
    ...(observedGeneration !== undefined && { observedGeneration }),
  })),
});
const route = (parentRefs: ParentRef[], parents: ParentStatus[], name = "web", kind = "HTTPRoute"): Route => {
  const made = aRoute({ kind, meta: { name, generation: 2 }, status: { parents } });
  return { ...made, spec: { ...made.spec, parentRefs } };
};
const istio = "istio.io/mesh-controller";
const linkerd = "linkerd.io/policy-controller";
const traefik = "traefik.io/gateway-controller";

describe("parents of a route", () => {
  it("takes the word of a mesh as that of a gateway", () => {
    expect(notAccepted(route([service], [status(istio, service, 2)]))).to.equal(undefined);
    expect(notAccepted(route([service], [status(istio, service, 1)]))).to.match(
      /has not yet seen generation 2/,
    );
    // It leaves the generation out.
    expect(notAccepted(route([service], [status(linkerd, service)]))).to.equal(undefined);
  });

  it("does not wait for a parent without a status if another parent has one", () => {
    expect(notAccepted(route([gateway, service], [status(traefik, gateway, 2)]))).to.equal(undefined);
  });

  it("forgets what a former parent has left behind, whatever fields a status fills in", () => {
    const left = status("old.io/gateway", { name: "old", namespace: "edge" }, 1);
    const full = { group: "gateway.networking.k8s.io", kind: "Gateway", ...gateway, sectionName: "http" };
    expect(notAccepted(route([gateway], [left, status(traefik, full, 2)]))).to.equal(undefined);
    expect(answersOf(route([gateway], [left]))).to.deep.equal([]);
    // No route names default Gateways.
    const byDefault = route([gateway], [left]);
    expect(
      answersOf({ ...byDefault, spec: { ...byDefault.spec, useDefaultGateways: "All" } }),
    ).to.have.length(1);
  });

  it("waits for a route without a status only if no route has one", () => {
    const answered = route([gateway], [status(traefik, gateway, 2)]);
    const mesh = route([service], [], "mesh");
    const silent = route([gateway], [], "silent", "GRPCRoute");
    expect(awaited([answered, mesh, silent])).to.deep.equal([answered]);
    expect(awaited([mesh, silent])).to.deep.equal([mesh, silent]);
    expect(unansweredWarnings([answered, mesh, silent])).to.deep.equal([
      "no mesh answers for HTTPRoute shop/mesh: it gets the canary's weights, but the rollout does not wait for it",
      "no gateway answers for GRPCRoute shop/silent: it gets the canary's weights, but the rollout does not wait for it",
    ]);
    expect(unansweredWarnings([mesh])).to.deep.equal([
      "no mesh answers for HTTPRoute shop/mesh: the canary gets no traffic until one does",
    ]);
  });
});

it("waits for the status that Contour writes if two routes share a name", () => {
  const contour = "projectcontour.io/gateway-controller";
  const stale = route([gateway], [status(contour, gateway, 1)]);
  const grpc = route([gateway], [status(contour, gateway, 2)], "web", "GRPCRoute");
  const other = route([gateway], [status(contour, gateway, 2)], "other", "GRPCRoute");
  expect(isStatusElsewhere(stale, [stale, grpc])).to.equal(true);
  expect(isStatusElsewhere(grpc, [stale, grpc])).to.equal(false);
  expect(isStatusElsewhere(stale, [stale, other])).to.equal(false);
  const onTraefik = route([gateway], [status(traefik, gateway, 1)]);
  expect(isStatusElsewhere(onTraefik, [onTraefik, grpc])).to.equal(false);
});

describe("a rollout behind routes of both kinds with the same name", () => {
  it("shifts both, promotes, and gives both back", () => {
    const world = watched(aShop({ grpc: true }));
    const before = world.routes().map(({ spec }) => spec);
    world.request("web", image("web:2"));
    world.runTo(50);
    expect(
      world.routes().map(({ spec }) => spec.rules?.[0]?.backendRefs?.map(({ weight }) => weight)),
    ).to.deep.equal([
      [1, 1],
      [1, 1],
    ]);
    world.run();
    expect(world.routes().map(({ spec }) => spec)).to.deep.equal(before);
    expect(outcome(world, "web-h2")).to.equal("promoted");
  });

  it("takes both back from a bad version", () => {
    const world = watched(aShop({ grpc: true }));
    const before = world.routes().map(({ spec }) => spec);
    world.request("web", image("web:bad"));
    world.run();
    expect(world.routes().map(({ spec }) => spec)).to.deep.equal(before);
    expect(outcome(world, "web-h2")).to.equal("failed");
  });
});
