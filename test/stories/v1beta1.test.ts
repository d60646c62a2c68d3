import { setTimeout as timer } from "node:timers/promises";
import { expect } from "chai";
import type { Route } from "../../kube/core/routes.ts";
import { describeCluster } from "../cluster/fixture.ts";
import { manifestOf } from "./ledger.ts";
import { Shop } from "./shop.ts";

const plan = { "serin.dev/steps": "20:2s", "serin.dev/compare": "off", "serin.dev/checks": "none" };
const DEFINITION =
  "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/httproutes.gateway.networking.k8s.io";
const GROUP = "/apis/gateway.networking.k8s.io";

interface Definition {
  readonly spec: { readonly versions: readonly { readonly name: string }[] };
}

/**
 * No gateway of these tests works without v1, so no gateway routes here. The story tests what Serin reads and writes, and
 * plays a gateway that accepts every route.
 */
describeCluster("a cluster that serves its HTTPRoutes as v1beta1 only", function () {
  this.timeout(240_000);
  let shop: Shop;
  const played = new AbortController();
  let gateway: Promise<void> | undefined;
  before(async () => {
    shop = await Shop.open("v1beta1");
    await serveV1(false);
    gateway = acceptAll();
  });
  after(async () => {
    played.abort();
    await gateway;
    if (shop === undefined) return;
    await serveV1(true);
    // Programs that need v1 must work again before the next story begins. The API server ended their watches, and each
    // gateway waits longer after every attempt in which v1 was missing.
    const shops = [shop, await Shop.open("v1beta1", { gateway: "contour" })];
    await Promise.all(shops.map(comesBack));
    await Promise.all(shops.map((each) => each.close()));
  });

  it("rolls canaries out like any other cluster", async () => {
    await shop.apply(
      shop.manifests({ plan, interval: "2s" }).replace("networking.k8s.io/v1", "networking.k8s.io/v1beta1"),
    );
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    const before = await route();
    const said = await shop.run("set", "image", "deployment/web", "app=app:v2");
    expect(said).to.include("Services web");
    expect(await weights("web-canary 0")).to.deep.equal(["web 1", "web-canary 0"]);
    expect(await weights("web-canary 1")).to.deep.equal(["web 4", "web-canary 1"]);

    // A user's edit in flight uses the version that the cluster serves, and admission handles it in this version.
    await shop.cluster.api.demand("PATCH", path(), { spec: { hostnames: ["other.example"] } });
    expect(await weights("web-canary 1")).to.deep.equal(["web 4", "web-canary 1"]);

    await shop.atRest("web", 120_000);
    await shop.until("v2's record", () => shop.record("v2")?.outcome === "promoted");
    const { spec, ...restored } = manifestOf((await route()) as never) as { spec: object };
    const { spec: was, ...original } = manifestOf(before as never) as { spec: object };
    expect(restored).to.deep.equal(original);
    expect(spec).to.deep.equal({ ...was, hostnames: ["other.example"] });
  });

  function path(): string {
    return `${GROUP}/v1beta1/namespaces/${shop.namespace}/httproutes/web`;
  }

  function route(): Promise<Route> {
    return shop.cluster.api.demand<Route>("GET", path());
  }

  /** The backends of the route's only rule, as soon as this one is among them. */
  async function weights(expected: string): Promise<string[] | undefined> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const { spec } = await route();
      const found = spec.rules?.[0]?.backendRefs?.map(({ name, weight }) => `${name} ${weight}`);
      if (found?.includes(expected) || Date.now() > deadline) return found;
      await timer(100);
    }
  }

  /** A gateway that reports every generation of the route as accepted. */
  async function acceptAll(): Promise<void> {
    while (!played.signal.aborted) {
      await timer(200);
      const { status, body } = await shop.cluster.api.request<Route>("GET", path());
      if (status !== 200) continue;
      const { generation = 0 } = body.metadata;
      const condition = (type: string) => ({
        type,
        status: "True",
        reason: type,
        message: "",
        observedGeneration: generation,
        lastTransitionTime: "2026-01-01T00:00:00Z",
      });
      const parents = [
        {
          parentRef: { name: "gw", namespace: "edge" },
          controllerName: "story.example/by-hand",
          conditions: [condition("Accepted"), condition("ResolvedRefs")],
        },
      ];
      if (body.status?.parents?.[0]?.conditions?.[0]?.observedGeneration === generation) continue;
      await shop.cluster.api.request("PATCH", `${path()}/status`, { status: { parents } });
    }
  }

  async function serveV1(served: boolean): Promise<void> {
    const { api } = shop.cluster;
    const { spec } = await api.demand<Definition>("GET", DEFINITION);
    const index = spec.versions.findIndex(({ name }) => name === "v1");
    await api.demand("PATCH", DEFINITION, [
      { op: "replace", path: `/spec/versions/${index}/served`, value: served },
    ]);
    const deadline = Date.now() + 20_000;
    while (((await api.request("GET", `${GROUP}/v1/httproutes`)).status === 200) !== served) {
      if (Date.now() > deadline) throw new Error(`HTTPRoute v1: served is not ${served}`);
      await timer(100);
    }
  }

  async function comesBack(on: Shop): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await on.deploy({ name: "after", plan });
        return;
      } catch (error) {
        if (attempt === 3) throw error;
      }
    }
  }
});
