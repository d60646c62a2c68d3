import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { request } from "undici";
import { appManifests } from "./app.ts";
import { startChurn } from "./churn.ts";
import type { Cluster } from "./cluster.ts";
import { cluster, describeCluster } from "./fixture.ts";
import { startLoad } from "./load.ts";
import { wrongLabels } from "./prometheus.ts";
import { eventually } from "./wait.ts";

describeCluster("the test cluster's metrics and weights", function () {
  this.timeout(60_000);
  const namespace = "metered";
  const host = "web.example.metered";
  let kube: Cluster;
  before(async () => {
    kube = await cluster();
    await kube.kubectl(["create", "namespace", namespace]);
    for (const [name, image] of [
      ["web", "app:v1"],
      ["other", "app:v2"],
    ] as const) {
      await kube.kubectl(["apply", "-f", "-"], {
        input: appManifests({ name, namespace, host: name === "web" ? host : "other.example", image }),
      });
    }
    await kube.kubectl(["rollout", "status", "deployment/other", "--timeout=30s"], { namespace });
    await eventually("web answers", async () => {
      const { statusCode } = await request(kube.gatewayUrl, { headers: { host } });
      return statusCode === 200 ? true : undefined;
    });
  });
  after(async () => {
    await kube?.kubectl(["delete", "namespace", namespace, "--wait=false"]);
  });

  /** The requests counted at an instant, by the label that names the backend; undefined when there is no such series. */
  const counted = async (label = "service", at = Date.now()): Promise<number | undefined> => {
    const query = `sum(traefik_service_requests_total{${label}=~".*-svc-metered-web-0@kubernetesgateway"})`;
    const asked = new URLSearchParams({ query, time: String(at / 1000) });
    const { body } = await request(`${kube.prometheusUrl}/api/v1/query?${asked}`);
    const { data } = (await body.json()) as { data: { result: readonly { value: [number, string] }[] } };
    const value = data.result[0]?.value[1];
    return value === undefined ? undefined : Number(value);
  };

  it("keep the samples from before a restart of Prometheus", async () => {
    const load = startLoad({ url: kube.gatewayUrl, host, rps: 50 });
    await eventually("a sample", () => counted());
    await sleep(3_000);
    const at = Date.now();
    const before = await counted("service", at);
    await kube.prometheus.stop();
    expect(await counted().catch((error: Error) => error)).to.be.instanceOf(Error);
    await sleep(3_000);
    await kube.prometheus.start();
    expect(await counted("service", at), "the past").to.equal(before);
    await eventually("what happened meanwhile", async () =>
      ((await counted()) ?? 0) >= (before ?? 0) + 100 ? true : undefined,
    );
    await load.stop();
  });

  it("can be stored under wrong labels", async () => {
    const load = startLoad({ url: kube.gatewayUrl, host, rps: 50 });
    await eventually("a sample", () => counted());
    await kube.prometheus.relabel(wrongLabels);
    await eventually("a sample under the other label", () => counted("backend"));
    const [known, other] = [await counted(), await counted("backend")];
    await eventually("more under the other label", async () =>
      ((await counted("backend")) ?? 0) > (other ?? 0) ? true : undefined,
    );
    expect(await counted(), "under the gateway's own").to.equal(known);
    await kube.prometheus.relabel([]);
    await eventually("more under the gateway's own", async () =>
      ((await counted()) ?? 0) > (known ?? 0) ? true : undefined,
    );
    await load.stop();
  });

  it("show no traffic at a small weight while the gateway's configuration changes all the time", async () => {
    const backendRefs = [
      { name: "web", port: 80, weight: 99 },
      { name: "other", port: 80, weight: 1 },
    ];
    const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes/web`;
    await kube.api.demand("PATCH", path, { spec: { rules: [{ backendRefs }] } });
    const load = startLoad({ url: kube.gatewayUrl, host, rps: 30 });
    const churn = await startChurn(kube.api, namespace, { service: "web", everyMs: 1_000 });
    await sleep(2_000);
    const from = Date.now();
    await sleep(10_000);
    const { byVersion } = load.since(from);
    expect(byVersion.v1, "requests to the greater weight").to.be.above(250);
    expect(byVersion).to.not.have.property("v2");
    await churn.stop();
    await eventually("a request to the smaller weight", async () => load.since(from).byVersion.v2);
    await load.stop();
  });
});
