import { expect } from "chai";
import { Caches } from "../../../../controller/reconcile/caches.ts";
import { Observer } from "../../../../controller/reconcile/observe.ts";
import { Orphans } from "../../../../controller/reconcile/orphans.ts";
import { performAll } from "../../../../controller/reconcile/perform.ts";
import type { Kube } from "../../../../kube/client/api.ts";
import { systemClock } from "../../../../kube/core/clock.ts";
import {
  deployments,
  httpRoutes,
  referenceGrants,
  replicaSets,
  services,
} from "../../../../kube/core/resources.ts";
import type { Route } from "../../../../kube/core/routes.ts";
import { FLIGHT } from "../../../../rollout/keys.ts";
import { drainWrites } from "../../../../rollout/stages/drain.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { canaryServiceOf } from "../../../../rollout/traffic/canary-service.ts";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import { writeRoute } from "../../../../rollout/traffic/writes.ts";
import { hold } from "../../../../rollout/workload/hold.ts";
import { withHoldRecord } from "../../../../rollout/workload/hold-record.ts";
import { FakeApi } from "../../../support/api.ts";
import { AT_NOON, aDeployment, aHeld, aReplicaSet, aRoute, aService } from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";
import { eventually } from "../../../support/eventually.ts";
import { noLog } from "../../../support/log.ts";
import { applied } from "../../../support/routes.ts";

const UID = "uid-web";
const ownerReferences = [
  { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: UID, controller: true },
];

describe("the controller among many routes", () => {
  let api: FakeApi;
  let kube: Kube;
  let stop: AbortController;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    stop = new AbortController();
    const stored = aDeployment({ image: "web:2" });
    api.add(deployments, withHoldRecord({ ...stored, spec: hold(stored.spec, 1) }, aHeld(), stored));
    for (const image of ["web:1", "web:2"]) {
      const { metadata, ...set } = aReplicaSet({ image });
      const labels = { ...metadata.labels, [FLIGHT]: UID };
      api.add(replicaSets, { ...set, metadata: { ...metadata, labels, ownerReferences } });
    }
    api.add(services, aService());
  });
  afterEach(async () => {
    stop.abort();
    await kube.close();
    await api.stop();
  });

  async function follow() {
    const caches = new Caches({ kube, clock: systemClock, log: noLog, signal: stop.signal });
    await caches.synced();
    await eventually("everything followed", () => api.watching === 6);
    api.requests.length = 0;
    return {
      kube,
      caches,
      clock: systemClock,
      log: noLog,
      observer: new Observer({ kube, caches, clock: systemClock, log: noLog }),
    };
  }
  /** Sweeps the namespace as soon as Serin may. */
  function sweeper(needs: Awaited<ReturnType<typeof follow>>, namespace = "evil"): () => Promise<unknown> {
    const clock = new FakeClock();
    const orphans = new Orphans({ ...needs, clock, look: () => {} });
    return async () => {
      await clock.advance(60_000);
      return orphans.sweep(namespace);
    };
  }
  const route = (name: string, namespace: string, filler = 0): Route =>
    aRoute({
      kind: "HTTPRoute",
      backends: [{ name: "web", namespace: "shop", port: 80 }],
      meta: { name, namespace, annotations: { filler: "x".repeat(filler) } },
    });
  const forged = (name: string, uid: string): Route => {
    const share = { namespace: "evil", canaryServices: { x: "x-canary" }, weight: 0, since: AT_NOON };
    return applied(route(name, "evil", 255_000), { [uid]: share });
  };
  const routePaths = () =>
    api.requests
      .filter(({ path, query }) => path.includes("httproutes") && !query.has("watch"))
      .map(({ path }) => path.split("/v1/")[1]);

  it("reads the route that it knows from the index once, unless it has a copy, and none of a stranger", async () => {
    api.add(httpRoutes, route("web", "shop"));
    for (let i = 0; i < 20; i += 1) api.add(httpRoutes, forged(`trap-${i}`, UID));
    const { observer, caches } = await follow();
    const observeThrice = async () => {
      for (let pass = 0; pass < 3; pass += 1) {
        const snapshot = await observer.observe(UID);
        expect(snapshot?.routes.map(({ metadata }) => metadata.name)).to.deep.equal(["web"]);
      }
    };
    await observeThrice();
    expect(routePaths()).to.deep.equal([]);
    caches.routeCopies.drop("HTTPRoute/shop/web");
    await observeThrice();
    expect(routePaths()).to.deep.equal(["namespaces/shop/httproutes/web"]);
  });

  it("sees the route with a share among routes that are too long together, and that others are unknown", async () => {
    const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 10, since: AT_NOON };
    api.add(httpRoutes, applied(route("web", "shop"), { [UID]: share }));
    for (let i = 0; i < 20; i += 1) api.add(httpRoutes, route(`long-${i}`, "shop", 255_000));
    const { observer } = await follow();
    const snapshot = await observer.observe(UID);
    expect(snapshot?.routes.map(({ metadata }) => metadata.name)).to.deep.equal(["web"]);
    expect(snapshot?.lacksServices).to.equal(true);
    for (let i = 0; i < 20; i += 1) api.remove(httpRoutes, `shop/long-${i}`);
    await eventually("all known", async () => (await observer.observe(UID))?.lacksServices === undefined);
  });

  it("takes the weight from all routes with a share, although these are too long together", async () => {
    const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 10, since: AT_NOON };
    for (let i = 0; i < 20; i += 1)
      api.add(httpRoutes, applied(route(`long-${i}`, "shop", 255_000), { [UID]: share }));
    const needs = await follow();
    const weights = () =>
      api.store
        .list("gateway.networking.k8s.io/v1/httproutes")
        .map((one) => shareOf(one as Route, UID)?.weight);
    for (let look = 0; look < 2; look += 1) {
      const snapshot = (await needs.observer.observe(UID)) as Snapshot;
      expect(snapshot).to.include({ lacksServices: true, lacksShares: true });
      await performAll(drainWrites(snapshot), UID, needs);
    }
    expect(weights()).to.deep.equal(Array(20).fill(0));
  });

  it("lists the routes of the namespace while it knows none: without a route, the canary would share the Service", async () => {
    const { observer } = await follow();
    api.endWatches("end");
    api.faults.push(({ path, query }) =>
      path.includes("httproutes") && query.has("watch") ? "hang" : undefined,
    );
    api.add(httpRoutes, route("web", "shop"));
    expect((await observer.observe(UID))?.routes.map(({ metadata }) => metadata.name)).to.deep.equal(["web"]);
    expect(routePaths()).to.deep.equal(["namespaces/shop/httproutes"]);
  });

  it("sweeps a few long routes at a time, and all of them in the end", async () => {
    for (let i = 0; i < 10; i += 1) api.add(httpRoutes, forged(`left-${i}`, "uid-gone"));
    const sweep = sweeper(await follow());
    const left = () =>
      api.store
        .list("gateway.networking.k8s.io/v1/httproutes")
        .filter((one) => shareOf(one as Route, "uid-gone") !== undefined).length;
    await sweep();
    expect(left()).to.be.within(1, 9);
    expect(routePaths().length).to.be.below(20);
    for (let i = 0; i < 5; i += 1) await sweep();
    expect(left()).to.equal(0);
  });

  it("sweeps the other routes as well when a policy refuses to restore the first ones", async () => {
    for (let i = 0; i < 10; i += 1) api.add(httpRoutes, forged(`left-${i}`, "uid-gone"));
    api.faults.push(({ method, path }) =>
      method === "PATCH" && /left-[0-3]$/.test(path) ? { status: 403, message: "no" } : undefined,
    );
    const sweep = sweeper(await follow());
    for (let i = 0; i < 8; i += 1) await sweep().catch(() => {});
    const left = api.store
      .list("gateway.networking.k8s.io/v1/httproutes")
      .filter((one) => shareOf(one as Route, "uid-gone") !== undefined);
    expect(left.map(({ metadata }) => metadata.name)).to.deep.equal(["left-0", "left-1", "left-2", "left-3"]);
  });

  it("takes no share from a rollout that has begun to use the route while the sweep reads it", async () => {
    const lost = { namespace: "shop", canaryServices: { x: "x-canary" }, weight: 0, since: AT_NOON };
    const share = { ...lost, canaryServices: { web: "web-canary" }, weight: 20 };
    const left = applied(route("web", "edge"), { "uid-gone": lost });
    api.add(httpRoutes, left);
    const { metadata, spec } = applied(route("web", "edge"), { "uid-gone": lost, [UID]: share });
    const { annotations } = metadata;
    let reads = 0;
    api.faults.push(({ method, path }) => {
      if (method !== "GET" || !path.endsWith("/web") || reads > 0) return undefined;
      reads += 1;
      api.change(httpRoutes, "edge/web", { metadata: { annotations }, spec });
      return undefined;
    });
    const needs = await follow();
    needs.caches.routeCopies.drop("HTTPRoute/edge/web");
    const sweep = sweeper(needs, "edge");
    api.endWatches("end");
    api.faults.push(({ query }) => (query.has("watch") ? "hang" : undefined));
    await sweep();
    expect(reads).to.equal(1);
    await sweep();
    const stored = await kube.get<Route>(httpRoutes, { namespace: "edge", name: "web" });
    expect(shareOf(stored, UID)).to.deep.equal(share);
    expect(shareOf(stored, "uid-gone")).to.equal(undefined);
  });

  it("deletes no canary Service of a rollout that ends while the sweep reads other routes", async () => {
    const lost = { namespace: "shop", canaryServices: { x: "x-canary" }, weight: 0, since: AT_NOON };
    api.add(httpRoutes, applied(route("old", "shop"), { "uid-gone": lost }));
    const share = { ...lost, canaryServices: { web: "web-canary" }, weight: 20 };
    api.add(httpRoutes, applied(route("web", "edge"), { [UID]: share }));
    api.add(services, canaryServiceOf(aService(), aDeployment(), "web2"));
    const needs = await follow();
    needs.caches.routeCopies.drop("HTTPRoute/shop/old");
    api.faults.push(({ method, path }) => {
      if (method === "GET" && path.endsWith("/old")) api.remove(deployments, "shop/web");
      return undefined;
    });
    await sweeper(needs, "shop")();
    await eventually("the end known", () => needs.caches.deployment(UID) === undefined);
    expect(
      (await kube.list(services, { namespace: "shop" })).items.map(({ metadata }) => metadata.name),
    ).to.include("web-canary");
  });

  it("reads a route again after a conflict, even while its watch is broken", async () => {
    const group = "gateway.networking.k8s.io";
    const from = [{ group, kind: "HTTPRoute", namespace: "edge" }];
    const metadata = { name: "allow", namespace: "shop" };
    api.add(referenceGrants, { metadata, spec: { from, to: [{ group: "", kind: "Service" }] } });
    api.add(httpRoutes, route("web", "edge"));
    const needs = await follow();
    const look = async () => (await needs.observer.observe(UID))?.routes[0] as Route;
    await look();
    api.endWatches("end");
    api.faults.push(({ query }) => (query.has("watch") ? "hang" : undefined));
    api.change(httpRoutes, "edge/web", { metadata: { annotations: { team: "edge" } } });
    const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 0, since: AT_NOON };
    const write = async () => (await performAll([writeRoute(await look(), UID, share)], UID, needs)).failure;
    expect((await write())?.error).to.have.property("status", 409);
    expect(await write()).to.equal(undefined);
    const stored = await kube.get<Route>(httpRoutes, { namespace: "edge", name: "web" });
    expect(stored.metadata.annotations).to.include({ team: "edge" });
    expect(shareOf(stored, UID)).to.deep.equal(share);
  });
});
