import { expect } from "chai";
import type { Kube } from "../../../../kube/client/api.ts";
import { grpcRoutes, httpRoutes } from "../../../../kube/core/resources.ts";
import type { Route } from "../../../../kube/core/routes.ts";
import type { RouteIndex } from "../../../../kube/runtime/route-index.ts";
import { listMarked, readWhole, refresh } from "../../../../kube/runtime/route-reads.ts";
import { FakeApi } from "../../../support/api.ts";
import { aRoute } from "../../../support/builders.ts";
import { eventually } from "../../../support/eventually.ts";
import { followRoutes } from "../../../support/route-index.ts";

const route = (name: string, { namespace = "shop", kind = "HTTPRoute", filler = 0 } = {}): Route => {
  const made = aRoute({
    kind,
    backends: [{ name: "web", namespace: "shop", port: 80 }],
    meta: { name, namespace },
  });
  const annotations = filler > 0 ? { filler: "x".repeat(filler) } : {};
  return { ...made, metadata: { ...made.metadata, annotations } };
};

describe("kube/route index", () => {
  let api: FakeApi;
  let kube: Kube;
  let index: RouteIndex;
  let stop: AbortController;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    stop = new AbortController();
    api.add(httpRoutes, route("old"));
    api.add(grpcRoutes, route("old", { kind: "GRPCRoute" }));
    index = await followRoutes(api, kube, stop.signal);
  });
  afterEach(async () => {
    stop.abort();
    await kube.close();
    await api.stop();
  });

  const found = () =>
    index
      .around(["shop/web"], "")
      .map(({ kind, metadata: { namespace, name } }) => `${kind} ${namespace}/${name}`)
      .toSorted();
  const paths = () =>
    api.requests.map(({ path, query }) => `${path.split("/v1/")[1]}${query.has("watch") ? "?watch" : ""}`);

  it("finds the routes of both kinds that name a Service, and follows them", async () => {
    expect(found()).to.deep.equal(["GRPCRoute shop/old", "HTTPRoute shop/old"]);
    api.add(httpRoutes, route("far", { namespace: "edge" }));
    api.remove(grpcRoutes, "shop/old");
    await eventually("followed", () => found().join() === "HTTPRoute edge/far,HTTPRoute shop/old");
    api.change(httpRoutes, "edge/far", { spec: { rules: [] } });
    await eventually("no longer named", () => found().join() === "HTTPRoute shop/old");
    expect(index.of("edge")).to.have.length(1);
  });

  it("lists marked routes of both kinds at the same time", async () => {
    const labels = { flight: "1" };
    api.change(httpRoutes, "shop/old", { metadata: { labels } });
    api.change(grpcRoutes, "shop/old", { metadata: { labels } });
    let asked = 0;
    const both = Promise.withResolvers<void>();
    const list: Kube["list"] = async (...args) => {
      asked += 1;
      if (asked === 2) both.resolve();
      await both.promise;
      return kube.list(...args);
    };
    const { routes } = await listMarked({ kube: { ...kube, list }, index }, ["shop"], "flight");
    expect(routes.map(({ kind }) => kind).toSorted()).to.deep.equal(["GRPCRoute", "HTTPRoute"]);
  });

  it("reads all routes again after 410", async () => {
    api.endWatches("end");
    api.remove(httpRoutes, "shop/old");
    api.add(httpRoutes, route("new"));
    api.compact();
    await eventually("listed again", () => found().join() === "GRPCRoute shop/old,HTTPRoute shop/new");
  });

  it("knows a route of the namespace at once that the watch has not reported yet", async () => {
    api.endWatches("end");
    api.faults.push(({ query }) => (query.has("watch") ? "hang" : undefined));
    api.add(httpRoutes, route("new"));
    expect(found()).not.to.include("HTTPRoute shop/new");
    const bodies = await refresh({ kube, index }, "shop");
    expect(found()).to.include("HTTPRoute shop/new");
    api.requests.length = 0;
    expect(await readWhole(kube, index.around(["shop/web"], ""), bodies)).to.have.length(3);
    expect(paths().filter((path) => !path.includes("watch"))).to.deep.equal([]);
  });

  it("does not list a namespace with long routes", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) api.add(httpRoutes, route(name, { filler: 255_000 }));
    await eventually("followed", () => found().length === 7);
    expect((await refresh({ kube, index }, "shop")).size).to.equal(0);
    expect(paths()).to.deep.equal([]);
  });

  it("keeps few whole routes of a namespace that has just got long ones", async () => {
    api.endWatches("end");
    api.faults.push(({ query }) => (query.has("watch") ? "hang" : undefined));
    for (const name of ["a", "b", "c", "d", "e"]) api.add(httpRoutes, route(name, { filler: 255_000 }));
    const bodies = await refresh({ kube, index }, "shop");
    expect(found()).to.have.length(7);
    expect(bodies.size).to.be.below(7);
  });

  it("stops reading a namespace that has just got very many long ones", async () => {
    api.endWatches("end");
    api.faults.push(({ query }) => (query.has("watch") ? "hang" : undefined));
    for (let i = 0; i < 100; i += 1) api.add(httpRoutes, route(`long-${i}`, { filler: 255_000 }));
    await refresh({ kube, index }, "shop");
    expect(found().length).to.be.below(40);
  });

  it("reads the other routes one by one, in their present version, without those that are gone", async () => {
    api.add(httpRoutes, route("far", { namespace: "edge" }));
    await eventually("followed", () => found().length === 3);
    const lean = index.around(["shop/web"], "");
    const known = new Map([
      ["HTTPRoute/edge/far", { ...route("far"), metadata: { name: "far", resourceVersion: "1" } }],
    ]);
    api.remove(grpcRoutes, "shop/old");
    const whole = await readWhole(kube, lean, known);
    expect(whole.map(({ metadata }) => metadata.name).toSorted()).to.deep.equal(["far", "old"]);
    expect(whole.every(({ metadata }) => Number(metadata.resourceVersion) > 100)).to.equal(true);
  });

  it("refuses to read routes that are too long together, and names one", async () => {
    for (let i = 0; i < 17; i += 1) api.add(httpRoutes, route(`long-${i}`, { filler: 255_000 }));
    await eventually("followed", () => found().length === 19);
    api.requests.length = 0;
    const error = await readWhole(kube, index.around(["shop/web"], ""), new Map()).catch(
      (thrown: Error) => thrown,
    );
    expect(error)
      .to.be.an("error")
      .with.property("message")
      .that.matches(/^19 routes \(shop\/.* Serin reads at most 4194304/);
    expect(paths()).to.deep.equal([]);
  });

  it("leaves room for the routes of others, however many Services a namespace's routes name", () => {
    const shared = Array.from({ length: 256 }, (_, i) => ({ name: `service-${i}`, port: 80 }));
    for (let i = 0; i < 400; i += 1) {
      const backends = shared.map((one) => ({ ...one, namespace: `namespace-${i}` }));
      const meta = { name: `trap-${i}`, namespace: "evil", resourceVersion: String(1_000 + i) };
      index.apply(aRoute({ kind: "HTTPRoute", backends, meta }));
    }
    const kept = index.of("evil");
    expect(kept.length).to.be.within(100, 350);
    index.apply(
      aRoute({ kind: "HTTPRoute", meta: { name: "own", namespace: "edge", resourceVersion: "2000" } }),
    );
    expect(index.of("edge")).to.have.length(1);
  });
});
