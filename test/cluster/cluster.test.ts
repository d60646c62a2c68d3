import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { request } from "undici";
import { ports } from "./addresses.ts";
import type { KubeObject } from "./api.ts";
import { appManifests } from "./app.ts";
import { readAudit } from "./audit.ts";
import type { Cluster } from "./cluster.ts";
import { cluster, describeCluster } from "./fixture.ts";
import { startLoad } from "./load.ts";
import { eventually } from "./wait.ts";

interface Pod extends KubeObject {
  readonly metadata: KubeObject["metadata"] & { readonly creationTimestamp: string };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime?: string;
    }[];
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly state: { readonly waiting?: { readonly reason: string } };
    }[];
  };
}

describeCluster("the test cluster", function () {
  this.timeout(30_000);
  let kube: Cluster;
  before(async () => {
    kube = await cluster();
    await kube.kubectl(["create", "namespace", "shop"]);
  });
  after(async () => {
    await kube?.kubectl(["delete", "namespace", "shop", "--wait=false"]);
  });

  const apply = async (name: string, image: string, replicas = 2, preStopSeconds = 4) => {
    const applied = await kube.kubectl(["apply", "-f", "-"], {
      input: appManifests({ name, namespace: "shop", image, replicas, preStopSeconds }),
    });
    expect(applied.code, applied.stderr).to.equal(0);
  };
  const ask = async (host: string) => {
    const { statusCode, headers, body } = await request(kube.gatewayUrl, { headers: { host } });
    return {
      status: statusCode,
      version: headers["x-version"],
      pod: headers["x-pod"],
      text: await body.text(),
    };
  };
  const served = (host: string, version: string) =>
    eventually(`${version} at ${host}`, async () =>
      (await ask(host)).version === version ? true : undefined,
    );
  const pods = async (name: string): Promise<readonly Pod[]> => {
    const path = `/api/v1/namespaces/shop/pods?labelSelector=app%3D${name}`;
    return (await kube.api.demand<{ items: readonly Pod[] }>("GET", path)).items;
  };
  const isReady = (pod: Pod) =>
    pod.status.conditions?.some((c) => c.type === "Ready" && c.status === "True") ?? false;
  const waiting = (name: string, reason: string) =>
    eventually(`${name} waits with ${reason}`, async () =>
      (await pods(name)).find((pod) => pod.status.containerStatuses?.[0]?.state.waiting?.reason === reason),
    );

  it("serves a Deployment through Service, HTTPRoute and gateway", async () => {
    await apply("web", "app:v1");
    await served("web.example", "v1");
    const { status, text, pod } = await ask("web.example");
    expect({ status, text }).to.deep.equal({ status: 200, text: "v1\n" });
    expect(pod).to.match(/^web-[0-9a-f]+-\w+$/);
  });

  it("rolls out and scales as Kubernetes does, without a failed request", async () => {
    const load = startLoad({ url: kube.gatewayUrl, host: "web.example", rps: 200 });
    await kube.kubectl(["set", "image", "deployment/web", "app=app:v2"], { namespace: "shop" });
    const status = await kube.kubectl(["rollout", "status", "deployment/web", "--timeout=20s"], {
      namespace: "shop",
    });
    expect(status.code, status.stderr).to.equal(0);
    await kube.kubectl(["scale", "deployment/web", "--replicas=5"], { namespace: "shop" });
    await eventually("5 ready pods", async () =>
      (await pods("web")).filter(isReady).length === 5 ? true : undefined,
    );
    await sleep(5_000);
    const { failed, byVersion } = await load.stop();
    expect(failed).to.equal(0);
    expect(byVersion).to.have.all.keys("v1", "v2");
  });

  it("fails and delays requests at the rates in the image's tag", async () => {
    await apply("bad", "app:v3-err50-lat40");
    await served("bad.example", "v3");
    const load = startLoad({ url: kube.gatewayUrl, host: "bad.example", rps: 200 });
    await eventually("400 requests", async () => load.since(0).total >= 400 || undefined);
    const { total, failed } = await load.stop();
    expect(failed / total).to.be.within(0.4, 0.6);
    expect([...load.rows()].every(({ latencyMs }) => latencyMs > 39)).to.equal(true);
  });

  it("makes the pods of a slow image ready late, and those of a neverready image never", async () => {
    await apply("slow", "app:v1-slow2", 1);
    await apply("never", "app:v1-neverready", 1);
    const slow = await eventually("slow is ready", async () => (await pods("slow")).find(isReady));
    const readyAt = slow.status.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime ?? "";
    // Both are in whole seconds.
    expect(Date.parse(readyAt) - Date.parse(slow.metadata.creationTimestamp), "ms until ready").to.be.within(
      1_000,
      9_000,
    );
    const [never] = await pods("never");
    expect(never?.status.phase).to.equal("Running");
    expect(never !== undefined && isReady(never)).to.equal(false);
  });

  it("reports crash loops and missing images", async () => {
    await apply("crash", "app:v1-crash", 1);
    await apply("pull", "app:v1-pull", 1);
    const crash = await waiting("crash", "CrashLoopBackOff");
    expect(crash.status.containerStatuses?.[0]?.restartCount).to.be.at.least(3);
    expect(isReady(crash)).to.equal(false);
    expect((await waiting("pull", "ImagePullBackOff")).status.phase).to.equal("Pending");
  });

  it("lets a deleted pod serve for its preStop sleep, by default a second, and no longer", async () => {
    await apply("short", "app:v1", 1, 1);
    const pod = await eventually("short is ready", async () => (await pods("short")).find(isReady));
    const url = `http://${pod.status.podIP}:${ports.app}`;
    const answer = async () => (await request(url)).statusCode;
    expect(await answer()).to.equal(200);
    await kube.api.demand("DELETE", `/api/v1/namespaces/shop/pods/${pod.metadata.name}`);
    await sleep(700);
    expect(await answer()).to.equal(200);
    await sleep(1_000);
    expect(await answer().catch((error: Error) => error)).to.be.instanceOf(Error);
  });

  it("sends every request of a load at the requested rate and counts it", async () => {
    const began = Date.now();
    const load = startLoad({ url: kube.gatewayUrl, host: "web.example", rps: 1_000 });
    await sleep(3_000);
    const seconds = (Date.now() - began) / 1_000;
    const { total, failed } = await load.stop();
    expect(failed).to.equal(0);
    expect(total / seconds, "requests per second").to.be.within(950, 1_050);
    const halves = [load.between(0, began + 1_500), load.since(began + 1_500)];
    expect(halves.reduce((sum, half) => sum + half.total, 0)).to.equal(total);
    expect(halves[0]?.total, "in the first 1.5 s").to.be.within(1, 1_550);
  });

  it("has Traefik's counters in Prometheus within 5 s", async () => {
    await ask("web.example");
    const query = encodeURIComponent(
      'sum(traefik_service_requests_total{service=~".*-svc-shop-web-0@kubernetesgateway"})',
    );
    await eventually(
      "a sample",
      async () => {
        const { body } = await request(`${kube.prometheusUrl}/api/v1/query?query=${query}`);
        const { data } = (await body.json()) as { data: { result: readonly unknown[] } };
        return data.result[0];
      },
      5_000,
    );
  });

  it("records the user and the object of each request in the audit log", async () => {
    const events = await readAudit(kube.auditLog, ["admin"]);
    const scaled = events.find(
      ({ objectRef }) => objectRef?.subresource === "scale" && objectRef.namespace === "shop",
    );
    expect(scaled?.objectRef).to.include({ resource: "deployments", name: "web" });
    expect(scaled?.responseStatus?.code).to.equal(200);
  });
});
