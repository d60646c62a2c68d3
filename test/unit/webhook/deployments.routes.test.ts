import { expect } from "chai";
import type { Kube } from "../../../kube/client/api.ts";
import {
  deployments,
  grpcRoutes,
  httpRoutes,
  namespaces,
  type Resource,
  referenceGrants,
  replicaSets,
  services,
} from "../../../kube/core/resources.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import type { RouteIndex } from "../../../kube/runtime/route-index.ts";
import { shareOf } from "../../../rollout/traffic/route-record.ts";
import { hold } from "../../../rollout/workload/hold.ts";
import { holdRecordOf, withHoldRecord } from "../../../rollout/workload/hold-record.ts";
import type { FakeApi } from "../../support/api.ts";
import { askWebhook } from "../../support/ask-webhook.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aReplicaSet,
  aRoute,
  aService,
  ownedByWeb,
} from "../../support/builders.ts";
import { eventually } from "../../support/eventually.ts";
import { openFollowed } from "../../support/route-index.ts";
import { applied } from "../../support/routes.ts";

const update = () => aDeployment({ image: "web:2" });

describe("webhook/deployments behind routes", () => {
  let api: FakeApi;
  let kube: Kube;
  let index: RouteIndex;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ api, kube, index, close } = await openFollowed());
    api.add(replicaSets, aReplicaSet({ meta: { ownerReferences: [ownedByWeb] } }));
    api.add(services, aService());
    api.add(namespaces, { metadata: { name: "shop" } });
  });
  afterEach(() => close());

  const ask = (object: Deployment, oldObject: Deployment) =>
    askWebhook({ kube, index }, object, api.put(deployments, oldObject));
  const route = (kind: string, meta = {}, backend = {}): Route => {
    const apiVersion = "gateway.networking.k8s.io/v1";
    return { apiVersion, ...aRoute({ kind, backends: [{ name: "web", port: 80, ...backend }], meta }) };
  };

  it("drains routes of both kinds before it answers to an undo, even of the same name", async () => {
    const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 50, since: AT_NOON };
    api.add(httpRoutes, applied(route("HTTPRoute"), { "uid-web": share }));
    api.add(grpcRoutes, applied(route("GRPCRoute"), { "uid-web": share }));
    const held = withHoldRecord({ ...update(), spec: hold(update().spec, "50%") }, aHeld(), update());
    const verdict = await ask(
      { ...held, spec: { ...held.spec, template: aDeployment().spec.template } },
      held,
    );
    expect(verdict.allowed && holdRecordOf(verdict.object as Deployment)?.phase).to.equal("undone");
    for (const kind of [httpRoutes, grpcRoutes] satisfies Resource[]) {
      const drained = await kube.get<Route>(kind, { namespace: "shop", name: "web" });
      expect(shareOf(drained, "uid-web"), kind.plural).to.include({ weight: 0, drained: true });
    }
  });

  it("refuses an undo that cannot drain a route, names the route and the reason, and drains all others", async () => {
    const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 50, since: AT_NOON };
    for (const name of ["frozen", "web"])
      api.add(httpRoutes, applied(route("HTTPRoute", { name }), { "uid-web": share }));
    const message = 'admission webhook "policy" denied the request: weights are frozen';
    api.faults.push(({ method, path }) =>
      method === "PATCH" && path.includes("/frozen") ? { status: 403, message } : undefined,
    );
    const held = withHoldRecord({ ...update(), spec: hold(update().spec, "50%") }, aHeld(), update());
    const undone = { ...held, spec: { ...held.spec, template: aDeployment().spec.template } };
    const error = await ask(undone, held).catch((thrown: Error) => thrown);
    expect(error)
      .to.be.an("error")
      .with.property("message")
      .that.equals(`cannot change httproutes/frozen of shop: ${message}`);
    const other = await kube.get<Route>(httpRoutes, { namespace: "shop", name: "web" });
    expect(shareOf(other, "uid-web")).to.include({ weight: 0, drained: true });
  });

  it("keeps the controller from granting what an undo has found ungranted", async () => {
    const since = "2026-01-01T11:59:59.000Z";
    const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 0, since };
    api.add(httpRoutes, applied(route("HTTPRoute"), { "uid-web": share }));
    const held = withHoldRecord({ ...update(), spec: hold(update().spec, "50%") }, aHeld(), update());
    const undone = { ...held, spec: { ...held.spec, template: aDeployment().spec.template } };
    const marked = async () => kube.get<Route>(httpRoutes, { namespace: "shop", name: "web" });
    expect(await ask(undone, held)).to.include({ allowed: true });
    expect(shareOf(await marked(), "uid-web")).to.deep.include({ ...share, drained: true });
    const { resourceVersion } = (await marked()).metadata;
    await ask(undone, held);
    expect((await marked()).metadata, "asked again").to.include({ resourceVersion });
  });

  it("starts a canary where the Gateway API is not installed, or one of its kinds is not", async () => {
    api.faults.push(({ path }) =>
      path.includes("gateway.networking") ? { status: 404, message: "404 page not found" } : undefined,
    );
    const verdict = await ask(update(), aDeployment());
    expect(verdict.allowed && holdRecordOf(verdict.object as Deployment)?.stable).to.equal("web1");
  });

  it("asks for ReferenceGrants only where a route of another namespace names the Service, and for the right one", async () => {
    api.add(httpRoutes, route("HTTPRoute"));
    expect(await ask(update(), aDeployment())).to.include({ allowed: true });
    expect(api.requests.filter(({ path }) => path.includes("referencegrants"))).to.deep.equal([]);

    api.add(httpRoutes, route("HTTPRoute", { name: "front", namespace: "edge" }, { namespace: "shop" }));
    await eventually("indexed", () => index.of("edge").length === 1);
    const ungranted = await ask(update(), aDeployment());
    expect(ungranted.allowed && ungranted.warnings?.join()).to.match(
      /no ReferenceGrant of namespace shop lets HTTPRoute edge\/front name a Service .* Serin leaves it alone/,
    );
    const named = aDeployment({ image: "web:2", annotations: { "serin.dev/routes": "edge/front" } });
    const denied = await ask(named, aDeployment());
    expect(!denied.allowed && denied.message).to.match(
      /no ReferenceGrant of namespace shop lets HTTPRoute edge\/front name Service web, nor/,
    );

    const group = "gateway.networking.k8s.io";
    api.add(referenceGrants, {
      metadata: { name: "allow-edge", namespace: "shop" },
      spec: { from: [{ group, kind: "HTTPRoute", namespace: "edge" }], to: [{ group: "", kind: "Service" }] },
    });
    expect(await ask(update(), aDeployment())).to.include({ allowed: true });
  });

  it("does not ask for a grant for a route that the plan leaves out", async () => {
    api.add(httpRoutes, route("HTTPRoute"));
    api.add(httpRoutes, route("HTTPRoute", { name: "front", namespace: "edge" }, { namespace: "shop" }));
    await eventually("indexed", () => index.of("edge").length === 1);
    const annotations = { "serin.dev/routes": "web" };
    const verdict = await ask(aDeployment({ image: "web:2", annotations }), aDeployment({ annotations }));
    expect(verdict).to.include({ allowed: true });
  });
});
