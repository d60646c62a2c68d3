import { expect } from "chai";
import type { Route } from "../../kube/core/routes.ts";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { gateways } from "../cluster/gateways.ts";
import type { Load } from "../cluster/load.ts";
import { manifestOf } from "./ledger.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";

const plan = { "serin.dev/steps": "25:10m", "serin.dev/compare": "off", "serin.dev/checks": "none" };
const GATEWAY_API = "gateway.networking.k8s.io";
const V1 = `${GATEWAY_API}/v1`;
/** As the Gateway API's conformance tests count a weight. */
const TOLERANCE = 0.05;
const ENOUGH = 1_500;

onEachGatewayAtOnce("one Service behind many routes", function (gateway) {
  this.timeout(240_000);
  let shop: Shop;
  let foreign: string;
  before(async () => {
    shop = await Shop.open("routes", { gateway });
    foreign = `${shop.namespace}-edge`;
    await shop.cluster.api.demand("POST", "/api/v1/namespaces", { metadata: { name: foreign } });
    const list = (items: object[]) => JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await shop.apply(list([...workload(), ...routes()]));
    // Once a GRPCRoute has the same name, Contour leaves this status at its first generation.
    await shop.until(
      "the HTTPRoute's status",
      () => shop.stock.httproutes.get("web")?.status?.parents?.[0] !== undefined,
    );
    await shop.apply(list([route("GRPCRoute", "web", [to(9090)], "grpc")]));
    await shop.cluster.api.demand(
      "POST",
      `/apis/${V1}/namespaces/${foreign}/httproutes`,
      route("HTTPRoute", "web", [to(80, { namespace: shop.namespace })], "foreign"),
    );
    await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
    await grant({ name: "web" });
    await shop.serves(shop.host("web"), "/one");
    await shop.serves(shop.host("web"), "/two");
    await shop.serves(shop.host("other"));
    await shop.serves(shop.host("foreign"));
    await shop.serves(shop.host("grpc"), "/", "grpc");
  });
  after(async () => {
    await shop?.close();
    await shop?.cluster.api.request("DELETE", `/api/v1/namespaces/${foreign}`);
  });

  const update = (...args: string[]) => shop.kubectl("set", "image", "deployment/web", "app=app:v2", ...args);

  it("is refused while a route of another namespace may not name the canary Service, with the grant to add", async () => {
    const covered = await update();
    expect(covered.code).to.equal(1);
    expect(covered.stderr).to.include(
      `ReferenceGrant ${shop.namespace}/allow-edge covers Service web only, for HTTPRoute ${foreign}/web: the canary ` +
        'needs Service web-canary too: add {group: "", kind: Service, name: web-canary} to its spec.to, or leave the name out',
    );
    await shop.run("delete", "referencegrant/allow-edge");
    // Without a grant the gateway ignores the route, and so must Serin: any tenant may write one.
    const missing = await update("--dry-run=server");
    expect(missing.code).to.equal(0);
    expect(missing.stderr).to.include(
      `no ReferenceGrant of namespace ${shop.namespace} lets HTTPRoute ${foreign}/web name a Service of these pods`,
    );
    await grant({ name: "web" }, { name: "web-canary" });
    await shop.serves(shop.host("foreign"));
  });

  it("gets the same shares on every port, host, kind and namespace, and Serin restores every route", async () => {
    const before = await everyRoute();
    const loads: Load[] = [
      shop.load(100, "web", "/one"),
      shop.load(100, "web", "/two"),
      shop.load(100, "other"),
      shop.load(100, "foreign"),
    ];
    const calls = shop.calls(100, 0, "grpc");
    const { code, stderr } = await update();
    expect(code, stderr).to.equal(0);
    expect(stderr).to.include(
      `no mesh answers for HTTPRoute ${shop.namespace}/mesh: it gets the canary's weights, but the rollout does not wait for it`,
    );
    await shop.weighs(25);
    const from = Date.now();
    for (const load of [...loads, calls]) {
      const to = await shop.counted(load, from, ENOUGH);
      const { total, byVersion } = load.between(from, to);
      expect((byVersion.v2 ?? 0) / total, "share of v2").to.be.within(0.25 - TOLERANCE, 0.25 + TOLERANCE);
    }
    const written = (await everyRoute()).map(({ spec }) => spec.rules?.map(weightsOf));
    const split = ["web 3", "web-canary 1"];
    expect(written).to.deep.equal([[split], [split, split], [split], [split], [split]]);

    await shop.promote();
    expect((await everyRoute()).map((route) => manifestOf(route as never))).to.deep.equal(
      before.map((route) => manifestOf(route as never)),
    );
    await shop.until("no canary Service is left", () => !shop.stock.services.has("web-canary"));
    for (const load of loads) await expectNoFailures(load);
    expect((await calls.stop()).failed, "failed gRPC calls").to.equal(0);
  });

  /** Of both kinds and namespaces, in a fixed order: foreign, web, other, mesh, gRPC. */
  async function everyRoute(): Promise<Route[]> {
    const read = (namespace: string, kind: string, name: string) =>
      shop.cluster.api.demand<Route>("GET", `/apis/${V1}/namespaces/${namespace}/${kind}/${name}`);
    return Promise.all([
      read(foreign, "httproutes", "web"),
      read(shop.namespace, "httproutes", "web"),
      read(shop.namespace, "httproutes", "other"),
      read(shop.namespace, "httproutes", "mesh"),
      read(shop.namespace, "grpcroutes", "web"),
    ]);
  }

  /** Lets the foreign namespace name these Services. */
  function grant(...services: { name: string }[]): Promise<string> {
    const spec = {
      from: [{ group: GATEWAY_API, kind: "HTTPRoute", namespace: foreign }],
      to: services.map((service) => ({ group: "", kind: "Service", ...service })),
    };
    const metadata = { name: "allow-edge" };
    return shop.apply(JSON.stringify({ apiVersion: V1, kind: "ReferenceGrant", metadata, spec }));
  }

  function workload(): object[] {
    const { items } = JSON.parse(shop.manifests({ plan, interval: "2s", replicas: 4 }));
    const ports = [
      { name: "http", port: 80, targetPort: "http" },
      { name: "http-too", port: 81, targetPort: "http" },
      { name: "grpc", port: 9090, targetPort: "grpc", appProtocol: "kubernetes.io/h2c" },
    ];
    const [deployment, service] = items;
    return [deployment, { ...service, spec: { ...service.spec, ports } }];
  }

  function routes(): object[] {
    const at = (value: string) => ({ matches: [{ path: { type: "PathPrefix", value } }] });
    return [
      route("HTTPRoute", "web", [
        { ...at("/one"), ...to(80) },
        { ...at("/two"), ...to(81) },
      ]),
      route("HTTPRoute", "other", [to(81)]),
      // No mesh runs here.
      {
        apiVersion: V1,
        kind: "HTTPRoute",
        metadata: { name: "mesh" },
        spec: { parentRefs: [{ group: "", kind: "Service", name: "web", port: 80 }], rules: [to(80)] },
      },
    ];
  }

  function route(kind: string, name: string, rules: object[], host = name): object {
    const { namespace, name: parent } = gateways[gateway];
    const spec = { parentRefs: [{ name: parent, namespace }], hostnames: [shop.host(host)], rules };
    return { apiVersion: V1, kind, metadata: { name }, spec };
  }

  function to(port: number, rest: object = {}) {
    return { backendRefs: [{ name: "web", port, ...rest }] };
  }
});

function weightsOf({ backendRefs = [] }: NonNullable<Route["spec"]["rules"]>[number]): string[] {
  return backendRefs.map(({ name, weight }) => `${name} ${weight}`);
}
