import { setTimeout as sleep } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import { expect } from "chai";
import { appManifests } from "./app.ts";
import { ask } from "./ask.ts";
import type { Cluster } from "./cluster.ts";
import { cluster, onEachGateway } from "./fixture.ts";
import { startGrpcLoad } from "./grpcLoad.ts";
import { eventually } from "./wait.ts";

onEachGateway("gRPC in the test cluster", function (gateway) {
  this.timeout(60_000);
  const namespace = `calls-${gateway}`;
  const hostOf = (name: string) => `${name}.${namespace}.example`;
  let kube: Cluster;
  let url: string;
  before(async () => {
    kube = await cluster();
    url = kube.gateways[gateway].url;
    await kube.kubectl(["create", "namespace", namespace]);
    await deploy("web", "app:v1");
  });
  after(() => kube?.kubectl(["delete", "namespace", namespace, "--wait=false"]));

  const deploy = async (name: string, image: string) => {
    const host = hostOf(name);
    const input = appManifests({ name, namespace, image, host, gateway, protocol: "grpc" });
    const applied = await kube.kubectl(["apply", "-f", "-"], { input });
    expect(applied.code, applied.stderr).to.equal(0);
    await kube.kubectl(["rollout", "status", `deployment/${name}`, "--timeout=30s"], { namespace });
    await eventually(`${name} answers`, async () => {
      const probe = startGrpcLoad({ url, host, rps: 100 });
      await sleep(100);
      const { byVersion } = await probe.stop();
      return Object.keys(byVersion).some((version) => version !== "") ? true : undefined;
    });
  };

  it("sends calls to every pod and keeps streams open", async () => {
    const began = Date.now();
    const load = startGrpcLoad({ url, host: hostOf("web"), rps: 200, streams: 5 });
    await sleep(3_000);
    const seconds = (Date.now() - began) / 1_000;
    const { total, failed, byVersion } = await load.stop();
    expect(total / seconds, "calls per second").to.be.within(190, 210);
    expect(failed).to.equal(0);
    expect(byVersion).to.deep.equal({ v1: total });
    expect(new Set([...load.rows()].map(({ pod }) => pod))).to.have.property("size", 3);
    expect(load.ended()).to.deep.equal([]);
    const { requests, calls } = await kube.received({ namespace, version: "v1" });
    expect(requests).to.equal(0);
    expect(calls).to.be.at.least(total + 5);
  });

  it("fails calls at the rate in the image's tag", async () => {
    await deploy("bad", "app:v3-err50");
    const load = startGrpcLoad({ url, host: hostOf("bad"), rps: 200 });
    await sleep(2_000);
    const { total, byStatus, byVersion } = await load.stop();
    expect(byVersion).to.deep.equal({ v3: total });
    expect(byStatus).to.have.all.keys(String(status.OK), String(status.INTERNAL));
    expect((byStatus[status.INTERNAL] ?? 0) / total).to.be.within(0.4, 0.6);
    await eventually("the failed calls in Prometheus", async () => {
      const counted = await query(failedCalls[gateway]);
      return counted >= (byStatus[status.INTERNAL] ?? 0) ? true : undefined;
    });
  });

  // Traefik reports code 2 for good calls: the code comes after the body, where Traefik does not see it.
  const failedCalls = {
    traefik: `sum(traefik_service_requests_total{protocol="grpc",code="13",service=~".*-svc-${namespace}-bad-0@.*"})`,
    contour: `envoy_cluster_grpc_13{envoy_cluster_name="${namespace}_bad_9090"}`,
  };
  const query = async (text: string): Promise<number> => {
    const path = `/api/v1/query?query=${encodeURIComponent(text)}`;
    const { text: answer } = await ask(kube.prometheusUrl, { host: "prometheus", path });
    return Number(JSON.parse(answer).data.result[0]?.value[1] ?? 0);
  };

  it("loses no call and breaks no stream in a rolling update", async () => {
    const load = startGrpcLoad({ url, host: hostOf("web"), rps: 100, streams: 6, renewMs: 14_000 });
    await sleep(500);
    await kube.kubectl(["set", "image", "deployment/web", "app=app:v2"], { namespace });
    await kube.kubectl(["rollout", "status", "deployment/web", "--timeout=30s"], { namespace });
    await sleep(6_000);
    const { failed, byVersion } = await load.stop();
    const examples = [...load.rows()].filter((row) => row.status !== status.OK).slice(0, 5);
    expect(failed, JSON.stringify(examples)).to.equal(0);
    expect(byVersion).to.have.all.keys("v1", "v2");
    expect(load.broken()).to.deep.equal([]);
    expect(load.ended().map(({ version }) => version)).to.deep.equal(Array(6).fill("v1"));
  });
});
