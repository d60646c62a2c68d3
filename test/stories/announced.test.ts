import { expect } from "chai";
import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import { routeRecordOf } from "../../rollout/traffic/route-record.ts";
import { describeCluster } from "../cluster/fixture.ts";
import { gateways } from "../cluster/gateways.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";

const GATEWAY_API = "gateway.networking.k8s.io";
const SERIN = "system:serviceaccounts:serin-system";
const plan = { "serin.dev/steps": "20:10m", "serin.dev/compare": "off", "serin.dev/checks": "none" };

describeCluster("what is announced is what is done", function () {
  this.timeout(180_000);
  let shop: Shop;
  let edge: string;
  before(async () => {
    shop = await Shop.open("announced");
    edge = `${shop.namespace}-edge`;
    await shop.cluster.api.demand("POST", "/api/v1/namespaces", { metadata: { name: edge } });
  });
  after(async () => {
    await shop?.cluster.api.request("DELETE", `/api/v1/namespaces/${edge}`);
    await shop?.close();
  });

  const update = (name: string, tag: string) =>
    shop.kubectl("set", "image", `deployment/${name}`, `app=app:${tag}`);
  /** An application without a route. */
  async function deployAlone(name: string, given: Record<string, string> = plan): Promise<void> {
    const list = JSON.parse(shop.manifests({ name, replicas: 2, interval: "2s", plan: given }));
    await shop.apply(JSON.stringify({ ...list, items: list.items.slice(0, 2) }));
    await shop.run("rollout", "status", `deployment/${name}`, "--timeout=60s");
  }

  it("a Deployment that no route names is not compared, and a check that nothing can answer is refused", async () => {
    await deployAlone("queue", { "serin.dev/steps": "50" });
    const { code, stderr } = await update("queue", "v2");
    expect(code).to.equal(0);
    expect(stderr).to.include(
      "not compared, because no route names a Service of these pods; no checks but the health",
    );
    await shop.atRest("queue");
    expect(shop.record("v2", "queue")?.message).to.include("not compared, because no route names a Service");
    await shop.run("annotate", "deployment/queue", "serin.dev/checks=p99 <= 1s");
    const refused = await update("queue", "v3");
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.include(
      "no route names Service queue, so no gateway counts the requests of p99 <= 1s",
    );
    expect(refused.stderr).to.include("serin.dev/metrics: application");
  });

  it("an application's own metrics that Prometheus reads through an isolated Service", async () => {
    const metrics = { "serin.dev/metrics": "application" };
    await shop.deploy({ name: "metered", replicas: 2, interval: "2s", plan: { ...plan, ...metrics } });
    const spec = { selector: { app: "metered" }, ports: [{ name: "metrics", port: 9100 }] };
    await shop.apply(
      JSON.stringify({ apiVersion: "v1", kind: "Service", metadata: { name: "metered-metrics" }, spec }),
    );
    const image = ["set", "image", "deployment/metered", "app=app:v2", "--dry-run=server"];
    const missed = "Serin isolates Service metered-metrics, so a scrape through it misses the canary";
    expect((await shop.kubectl(...image)).stderr).to.include(missed);
    await shop.run("annotate", "service/metered-metrics", "serin.dev/isolate=false");
    expect((await shop.kubectl(...image)).stderr).to.not.include(missed);
  });

  it("a version that another webhook makes of a write in Serin's name is judged from the start", async () => {
    await shop.deploy({ replicas: 4, interval: "2s", plan });
    const spec = { defaultBackend: { service: { name: "web", port: { number: 80 } } } };
    await shop.apply(
      JSON.stringify({
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { name: "old" },
        spec,
      }),
    );
    const { stderr } = await update("web", "v2");
    expect(stderr).to.include("serin: Ingress old leads to Service web too: no weight splits these requests");
    await shop.weighs(20);
    // As another webhook would change it in one of Serin's writes: the API server asks Serin about none of these.
    const asSerin = ["--as=system:serviceaccount:serin-system:any", `--as-group=${SERIN}`];
    const manager = ["--as-group=system:masters", "--field-manager=serin"];
    const change = ["set", "image", "deployment/web", "app=app:v3", ...asSerin, ...manager];
    await shop.run(...change);
    await shop.until("v3 begun", () => shop.record("v3") !== undefined);
    expect(shop.record("v2")?.outcome).to.equal("superseded");
    expect(shop.record("v3")).to.deep.include({ outcome: "running", step: 0 });
    await shop.weighs(20);
    const weights = shop.changesOf("httproutes").map(({ object }) => weightIn(object as Route));
    const seen = weights.filter((weight, i) => weight !== undefined && weight !== weights[i - 1]);
    expect(seen).to.deep.equal([0, 20, 0, 20]);
  });

  it("a route whose grant was revoked gives its weight back, also to another leader", async () => {
    await deployAlone("far", { ...plan, "serin.dev/steps": "50:10m" });
    const path = `/apis/${GATEWAY_API}/v1/namespaces/${edge}/httproutes`;
    await shop.cluster.api.demand("POST", path, farRoute());
    await grant();
    await shop.serves(shop.host("far"));
    const read = () => shop.cluster.api.demand<Route>("GET", `${path}/far`);
    const before = (await read()).spec;
    await update("far", "v2");
    await shop.until("far at 50%", () =>
      shop.condition("Canary", "far")?.message?.startsWith("canary has 50% of the traffic"),
    );
    await shop.run("delete", "referencegrant/allow-edge");
    await shop.until("the gateway says so", () =>
      shop.condition("Canary", "far")?.message?.includes("ResolvedRefs=False"),
    );
    await killLeader();
    await shop.run("annotate", "deployment/far", `serin.dev/abort=${shop.revision("far")}`);
    await shop.until("no canary Service", () => !shop.stock.services.has("far-canary"), 90_000);
    expect((await read()).spec).to.deep.equal(before);
    await grant();
    await shop.serves(shop.host("far"));
    const load = shop.load(100, "far");
    await shop.answered(load, Date.now(), 400);
    await expectNoFailures(load);
    const { spec } = await shop.cluster.api.demand<Service>(
      "GET",
      `/api/v1/namespaces/${shop.namespace}/services/far`,
    );
    expect(spec.selector).to.have.property("pod-template-hash");
  });

  function farRoute(): object {
    const { name, namespace } = gateways[shop.gateway];
    return {
      apiVersion: `${GATEWAY_API}/v1`,
      kind: "HTTPRoute",
      metadata: { name: "far" },
      spec: {
        parentRefs: [{ name, namespace }],
        hostnames: [shop.host("far")],
        rules: [{ backendRefs: [{ name: "far", namespace: shop.namespace, port: 80 }] }],
      },
    };
  }

  function grant(): Promise<string> {
    const from = [{ group: GATEWAY_API, kind: "HTTPRoute", namespace: edge }];
    const spec = { from, to: [{ group: "", kind: "Service" }] };
    const metadata = { name: "allow-edge" };
    return shop.apply(
      JSON.stringify({ apiVersion: `${GATEWAY_API}/v1`, kind: "ReferenceGrant", metadata, spec }),
    );
  }

  /** SIGKILL for the controller that holds the Lease. */
  async function killLeader(): Promise<void> {
    const holder = ["get", "lease/serin", "-n", "serin-system", "-o=jsonpath={.spec.holderIdentity}"];
    const { stdout } = await shop.cluster.kubectl(holder);
    shop.cluster.kubelet.kill("serin-system", stdout.trim(), "controller", "SIGKILL");
  }
});

/** The canary's weight in the route, by Serin's record. */
function weightIn(route: Route): number | undefined {
  return Object.values(routeRecordOf(route)?.shares ?? {})[0]?.weight;
}
