import { expect } from "chai";
import { request } from "undici";
import { appManifests } from "./app.ts";
import { ask } from "./ask.ts";
import type { Cluster } from "./cluster.ts";
import { cluster, onEnvoyGateway } from "./fixture.ts";
import { eventually } from "./wait.ts";

onEnvoyGateway("a route", function (gateway) {
  this.timeout(60_000);
  const namespace = `route-${gateway}`;
  const host = `web.${namespace}.example`;
  let kube: Cluster;

  before(async () => {
    kube = await cluster();
    await kube.api.demand("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
    const input = appManifests({ name: "web", namespace, gateway, host });
    expect((await kube.kubectl(["apply", "-f", "-"], { input })).code).to.equal(0);
  });
  after(() => kube?.api.request("DELETE", `/api/v1/namespaces/${namespace}`));

  it("leads to the pods, and is counted by rule or by Service", async () => {
    const { url } = kube.gateways[gateway];
    await eventually("the route serves", async () => {
      const answer = await ask(url, { host }).catch(() => undefined);
      return answer?.status === 200 || undefined;
    });
    const name =
      gateway === "envoy-gateway" ? `httproute/${namespace}/web/rule/0` : `service/${namespace}/web/80/http`;
    const { body } = await request(`http://${new URL(url).hostname}:19001/stats/prometheus`);
    expect(await body.text()).to.include(
      `envoy_cluster_upstream_rq{envoy_response_code="200",envoy_cluster_name="${name}"}`,
    );
  });
});
