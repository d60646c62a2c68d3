import { connect } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { appManifests } from "./app.ts";
import { ask } from "./ask.ts";
import type { Cluster } from "./cluster.ts";
import { cluster, describeCluster, onEachGateway } from "./fixture.ts";
import { startLoad } from "./load.ts";
import { mirrored } from "./received.ts";
import { eventually } from "./wait.ts";

const routeOf = (namespace: string) =>
  `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes/web`;

onEachGateway("a gateway of the test cluster", function (gateway) {
  this.timeout(60_000);
  const namespace = `split-${gateway}`;
  const host = `web.${namespace}.example`;
  let kube: Cluster;
  let url: string;
  before(async () => {
    kube = await cluster();
    url = kube.gateways[gateway].url;
    await deployPair(kube, { namespace, host, gateway });
  });
  after(() => kube?.kubectl(["delete", "namespace", namespace, "--wait=false"]));

  const weigh = (web: number, other: number, otherFields: object = {}) => {
    const backendRefs = [
      { name: "web", port: 80, weight: web },
      { name: "other", port: 80, weight: other, ...otherFields },
    ];
    return kube.api.demand("PATCH", routeOf(namespace), { spec: { rules: [{ backendRefs }] } });
  };
  const answeredBy = (version: string) =>
    eventually(`an answer of ${version}`, async () =>
      (await ask(url, { host })).version === version ? true : undefined,
    );

  it("splits requests by weight, and loses none when the weight changes", async () => {
    await weigh(100, 0);
    await answeredBy("v1");
    const load = startLoad({ url, host, rps: 100 });
    await sleep(500);
    const changed = Date.now();
    await weigh(90, 10);
    await eventually("a request to the smaller weight", async () => load.since(changed).byVersion.v2);
    const from = Date.now();
    await eventually("500 requests", async () => (load.since(from).total >= 500 ? true : undefined));
    const { total, failed, byVersion } = await load.stop().then(() => load.since(from));
    expect(failed).to.equal(0);
    expect((byVersion.v2 ?? 0) / total).to.be.within(0.05, 0.15);

    const back = startLoad({ url, host, rps: 200 });
    await weigh(100, 0);
    const settled = Date.now() + 1_000;
    await sleep(2_500);
    expect((await back.stop()).failed).to.equal(0);
    expect(back.since(settled).byVersion).to.have.all.keys("v1");
  });

  it("passes cookies on, and routes by headers that differ from request to request", async () => {
    const filter = {
      type: "ResponseHeaderModifier",
      responseHeaderModifier: {
        add: [
          { name: "Set-Cookie", value: "a=1; Path=/" },
          { name: "Set-Cookie2", value: "b" },
        ],
      },
    };
    await weigh(0, 100, { filters: [filter] });
    const reply = await eventually("a cookie", async () => {
      const answer = await ask(url, { host, headers: { cookie: "old=1" } });
      return answer.cookies.length > 0 ? answer : undefined;
    });
    expect(reply).to.deep.include({ status: 200, version: "v2", cookies: ["a=1; Path=/"] });

    const header = (value: string, name: string) => ({
      matches: [{ headers: [{ name: "x-turn", value }] }],
      backendRefs: [{ name, port: 80 }],
    });
    await kube.api.demand("PATCH", routeOf(namespace), {
      spec: { rules: [header("0", "web"), header("1", "other")] },
    });
    await eventually("the rules", async () =>
      (await ask(url, { host, headers: { "x-turn": "0" } })).version === "v1" ? true : undefined,
    );
    const load = startLoad({ url, host, rps: 100, headers: (index) => ({ "x-turn": String(index % 2) }) });
    await sleep(1_000);
    const { total, failed, byVersion } = await load.stop();
    expect(failed).to.equal(0);
    expect(byVersion.v1).to.be.closeTo(total / 2, 1);
    expect(byVersion.v2).to.be.closeTo(total / 2, 1);
  });

  it("speaks HTTP/2 without TLS to clients with prior knowledge", async () => {
    await weigh(100, 0);
    await answeredBy("v1");
    const session = connect(url);
    const stream = session.request({ ":path": "/", ":authority": host });
    const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
      stream.on("response", resolve);
      stream.on("error", reject);
    });
    session.destroy();
    expect(headers).to.include({ ":status": 200, "x-version": "v1" });
  });
});

describeCluster("Contour in the test cluster", function () {
  this.timeout(60_000);
  const namespace = "mirrored";
  const host = `web.${namespace}.example`;
  let kube: Cluster;
  before(async () => {
    kube = await cluster();
    await deployPair(kube, { namespace, host, gateway: "contour" });
  });
  after(() => kube?.kubectl(["delete", "namespace", namespace, "--wait=false"]));

  it("mirrors requests without returning the copies' answers, and the pods count the copies", async () => {
    const { url } = kube.gateways.contour;
    const requestMirror = { backendRef: { name: "other", port: 80 } };
    const rule = {
      filters: [{ type: "RequestMirror", requestMirror }],
      backendRefs: [{ name: "web", port: 80 }],
    };
    await kube.api.demand("PATCH", routeOf(namespace), { spec: { rules: [rule] } });
    await eventually("a copy", async () => {
      await ask(url, { host });
      return (await kube.received({ namespace, version: "v2" })).requests > 0 ? true : undefined;
    });
    const [before, copiesBefore] = await counts();
    const load = startLoad({ url, host, rps: 100 });
    await sleep(2_000);
    const { total, failed, byVersion } = await load.stop();
    await sleep(200);
    const [after, copies] = await counts();
    expect({ failed, byVersion }).to.deep.equal({ failed: 0, byVersion: { v1: total } });
    expect(after - before).to.equal(total);
    expect(copies - copiesBefore).to.equal(total);
  });

  const counts = async () => {
    const [live, copies] = await Promise.all([
      kube.received({ namespace, version: "v1" }),
      kube.received({ namespace, version: "v2" }),
    ]);
    return [live.requests, mirrored(copies)] as const;
  };

  it("has Envoy's counters in Prometheus", async () => {
    await ask(kube.gateways.contour.url, { host });
    const query = `envoy_cluster_upstream_rq{envoy_cluster_name="${namespace}_web_80",envoy_response_code="200"}`;
    await eventually("a sample", async () => {
      const asked = `/api/v1/query?query=${encodeURIComponent(query)}`;
      const { text } = await ask(kube.prometheusUrl, { host: "prometheus", path: asked });
      return JSON.parse(text).data.result[0];
    });
  });
});

interface Pair {
  readonly namespace: string;
  readonly host: string;
  readonly gateway: "traefik" | "contour";
}

/** Deploys `web` (v1) at the host and `other` (v2) next to it, and waits until `web` answers. */
async function deployPair(kube: Cluster, { namespace, host, gateway }: Pair): Promise<void> {
  await kube.kubectl(["create", "namespace", namespace]);
  for (const [name, image] of [
    ["web", "app:v1"],
    ["other", "app:v2"],
  ] as const) {
    const input = appManifests({
      ...{ name, namespace, image, gateway },
      host: name === "web" ? host : `other.${namespace}.example`,
    });
    await kube.kubectl(["apply", "-f", "-"], { input });
  }
  await kube.kubectl(["rollout", "status", "deployment/other", "--timeout=30s"], { namespace });
  await eventually("web answers", async () => {
    const answer = await ask(kube.gateways[gateway].url, { host }).catch(() => undefined);
    return answer?.status === 200 ? true : undefined;
  });
}
