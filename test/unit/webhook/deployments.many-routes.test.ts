import { expect } from "chai";
import type { Kube } from "../../../kube/client/api.ts";
import {
  horizontalPodAutoscalers,
  httpRoutes,
  namespaces,
  referenceGrants,
  replicaSets,
  services,
} from "../../../kube/core/resources.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import { RouteIndex } from "../../../kube/runtime/route-index.ts";
import { leanRoute } from "../../../rollout/traffic/lean-route.ts";
import { admitDeployments } from "../../../webhook/deployments.ts";
import type { AdmissionRequest } from "../../../webhook/review.ts";
import { FakeApi } from "../../support/api.ts";
import { aDeployment, aReplicaSet, aRoute, aService, ownedByWeb } from "../../support/builders.ts";
import { hastyClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { noLog } from "../../support/log.ts";
import { followRoutes } from "../../support/route-index.ts";

describe("webhook/deployments among many routes", () => {
  let api: FakeApi;
  let kube: Kube;
  let stop: AbortController;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    stop = new AbortController();
    api.add(replicaSets, aReplicaSet({ meta: { ownerReferences: [ownedByWeb] } }));
    api.add(services, aService());
    api.add(namespaces, { metadata: { name: "shop" } });
  });
  afterEach(async () => {
    stop.abort();
    await kube.close();
    await api.stop();
  });

  const ask = (index: RouteIndex, annotations = {}) => {
    const kind = { group: "apps", version: "v1", kind: "Deployment" };
    const needs = { kube, index, namespace: "serin-system", hookHosts: [], clock: hastyClock, log: noLog };
    const object = aDeployment({ image: "web:2", annotations });
    const request = { uid: "u", kind, operation: "UPDATE", object, oldObject: aDeployment() };
    return admitDeployments(needs)(request as unknown as AdmissionRequest<Deployment>);
  };
  const route = (name: string, namespace: string, backend = {}): Route =>
    aRoute({
      kind: "HTTPRoute",
      backends: [{ name: "web", port: 80, ...backend }],
      meta: { name, namespace },
    });
  const routeRequests = () =>
    api.requests.filter(({ path, query }) => path.includes("httproutes") && !query.has("watch"));

  const routesRead = async (own: readonly Route[]) => {
    for (let i = 0; i < 200; i += 1) api.add(httpRoutes, route(`r-${i}`, "other"));
    for (const one of own) api.add(httpRoutes, one);
    const index = await followRoutes(api, kube, stop.signal);
    expect((await ask(index)).allowed).to.equal(true);
    return routeRequests().map(({ path }) => path.split("/v1/")[1]);
  };

  it("reads only its own route, however many others there are", async () => {
    const others = { name: "other", port: 80 };
    const beside = ["a", "b"].map((name) => route(name, "shop", others));
    expect(await routesRead([route("web", "shop"), ...beside])).to.deep.equal([
      "namespaces/shop/httproutes/web",
    ]);
  });

  it("admits a version among Services with long annotations, and refuses it among Services that are long without", async () => {
    const filler = "x".repeat(250_000);
    const annotations = { note: filler };
    for (let i = 0; i < 20; i += 1) api.add(services, aService({ meta: { name: `s-${i}`, annotations } }));
    const index = await followRoutes(api, kube, stop.signal);
    expect((await ask(index)).allowed).to.equal(true);
    for (let i = 0; i < 20; i += 1) api.change(services, `shop/s-${i}`, { spec: { filler } });
    const error = await ask(index).catch((thrown: Error) => thrown);
    expect(error).to.be.an("error");
    expect((error as Error).message).to.include("services of namespace shop have more than");
  });

  it("admits a version of a Deployment whose versions carry long annotations", async () => {
    const annotations = { note: "x".repeat(250_000) };
    for (let i = 2; i < 22; i += 1) {
      const meta = { ownerReferences: [ownedByWeb], annotations };
      api.add(replicaSets, aReplicaSet({ image: `old:${i}`, replicas: 0, meta }));
    }
    expect((await ask(await followRoutes(api, kube, stop.signal))).allowed).to.equal(true);
  });

  it("admits a version among autoscalers and grants with long annotations", async () => {
    const annotations = { note: "x".repeat(250_000) };
    for (let i = 0; i < 20; i += 1) {
      const metadata = { name: `n-${i}`, namespace: "shop", annotations };
      const scaleTargetRef = { kind: "Deployment", name: "other" };
      api.add(horizontalPodAutoscalers, { metadata, spec: { scaleTargetRef, maxReplicas: 2 } });
      api.add(referenceGrants, { metadata, spec: { from: [], to: [] } });
    }
    api.add(httpRoutes, route("web", "edge", { namespace: "shop" }));
    expect((await ask(await followRoutes(api, kube, stop.signal))).allowed).to.equal(true);
    expect(api.requests.filter(({ path }) => path.includes("referencegrants"))).to.not.have.length(0);
  });

  it("lists its own namespace's routes only if it knows more than two of its own, or none", async () => {
    const own = ["a", "b", "c"].map((name) => route(name, "shop"));
    expect(await routesRead(own)).to.deep.equal(["namespaces/shop/httproutes"]);
  });

  it("reads no route whole that no ReferenceGrant lets name the Service, and warns of it", async () => {
    for (let i = 0; i < 20; i += 1) {
      const trap = route(`trap-${i}`, "evil", { namespace: "shop" });
      api.add(httpRoutes, {
        ...trap,
        metadata: { ...trap.metadata, annotations: { filler: "x".repeat(255_000) } },
      });
    }
    const index = await followRoutes(api, kube, stop.signal);
    const answer = await ask(index);
    expect(answer.allowed && answer.warnings?.join()).to.match(
      /HTTPRoute evil\/trap-0 \(and 19 more\) name a Service/,
    );
    expect(routeRequests().map(({ path }) => path.split("/v1/")[1])).to.deep.equal([
      "namespaces/shop/httproutes",
    ]);
  });

  it("warns once of a route that names the Service without a grant and may take the canary's requests", async () => {
    const spec = { parentRefs: [{ name: "gw", namespace: "edge" }] };
    const backendRefs = [{ name: "web", namespace: "shop", port: 80 }];
    const matches = [{ headers: [{ name: "x-beta", value: "1" }] }];
    api.add(httpRoutes, { ...route("web", "shop"), spec: { ...spec, rules: [{ backendRefs }] } });
    api.add(httpRoutes, { ...route("beta", "evil"), spec: { ...spec, rules: [{ matches, backendRefs }] } });
    const answer = await ask(await followRoutes(api, kube, stop.signal), { "serin.dev/sticky": "1h" });
    const warnings = (answer.allowed && answer.warnings) || [];
    expect(warnings.filter((text) => text.includes("route evil/beta has the same host"))).to.have.length(1);
    expect(warnings.filter((text) => text.includes("HTTPRoute evil/beta name a Service"))).to.have.length(1);
  });

  it("uses a route that its user has created a moment before the update", async () => {
    const index = await followRoutes(api, kube, stop.signal);
    api.endWatches("end");
    api.faults.push(({ query }) => (query.has("watch") ? "hang" : undefined));
    api.add(httpRoutes, { ...route("web", "shop"), status: { parents: [] } });
    const answer = await ask(index);
    expect(answer.allowed && answer.warnings?.join()).to.include("no gateway answers for HTTPRoute shop/web");
  });

  it("waits for the index, and says so when that takes too long", async () => {
    let held = true;
    api.faults.push(({ path }) => (held && path.endsWith("/v1/httproutes") ? { status: 500 } : undefined));
    const index = new RouteIndex({
      kube,
      reduce: leanRoute,
      clock: hastyClock,
      log: noLog,
      signal: stop.signal,
    });
    const error = await ask(index).catch((thrown: Error) => thrown);
    expect(error).to.be.an("error").with.property("message").that.includes("has not read all routes");
    held = false;
    await index.synced;
    await eventually("followed", () => api.watching === 2);
    expect((await ask(index)).allowed).to.equal(true);
  });
});
