import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { KubeObject } from "../api.ts";
import type { Cluster } from "../cluster.ts";
import { cluster, describeCluster } from "../fixture.ts";
import { eventually } from "../wait.ts";
import { commandOf, expand, type Pod as PodSpec } from "./spec.ts";

interface Pod extends KubeObject {
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number; readonly ready: boolean }[];
  };
}

// A small program that needs the same surroundings as Serin: it reads its token, and calls the API and Prometheus by name.
const PROGRAM = `
  const { readFileSync } = await import("node:fs");
  const { createServer } = await import("node:http");
  const { lookup } = await import("node:dns/promises");
  const { request, Agent } = await import("undici");
  const folder = "/var/run/secrets/kubernetes.io/serviceaccount/";
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, POD_IP, GREETING } = process.env;
  const dispatcher = new Agent({ connect: { ca: readFileSync(folder + "ca.crt") } });
  const headers = { authorization: "Bearer " + readFileSync(folder + "token") };
  const namespace = readFileSync(folder + "namespace", "utf8");
  const self = "https://" + host + ":" + port + "/api/v1/namespaces/" + namespace + "/pods";
  const allowed = await request(self, { dispatcher, headers });
  const prometheus = await request("http://prometheus.monitoring.svc:9090/-/ready");
  let writable = true;
  try { (await import("node:fs")).writeFileSync("/run/app/x", ""); } catch { writable = false; }
  const report = { uid: process.getuid(), api: allowed.statusCode, prometheus: prometheus.statusCode, POD_IP, GREETING,
    namespace, cwd: process.cwd(), arg: process.argv.at(-1), writable };
  console.log(JSON.stringify(report));
  createServer((_, response) => response.end(JSON.stringify(report))).listen(8080);
`;

describe("a container's command", () => {
  const pod: PodSpec = {
    metadata: { name: "serin-1", namespace: "serin-system" },
    spec: { containers: [] },
    status: { podIP: "10.243.0.1" },
  };

  it("is node with the arguments, in which variables are expanded", () => {
    const container = {
      name: "webhook",
      image: "serin:dev",
      args: ["webhook/main.ts", "--host=$(POD_IP)", "$$(POD_IP)", "$(UNKNOWN)"],
      env: [{ name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }],
    };
    expect(commandOf(pod, container, { HOME: "/" })).to.deep.equal({
      argv: ["node", "webhook/main.ts", "--host=10.243.0.1", "$(POD_IP)", "$(UNKNOWN)"],
      env: { HOME: "/", POD_IP: "10.243.0.1" },
    });
  });

  it("throws on a source of variables that this kubelet does not support", () => {
    const env = [{ name: "CPU", valueFrom: {} }];
    expect(() => commandOf(pod, { name: "c", image: "serin:dev", env }, {})).to.throw(
      /variable CPU: unsupported source: use fieldRef/,
    );
  });

  it("expands variables in variables", () => {
    expect(expand("$(A)-$(A)", { A: "1" })).to.equal("1-1");
  });
});

describeCluster("the kubelet of Serin's pods", function () {
  this.timeout(30_000);
  let kube: Cluster;
  const NAMESPACE = "real";
  const list = async (): Promise<readonly Pod[]> =>
    (await kube.api.demand<{ items: readonly Pod[] }>("GET", `/api/v1/namespaces/${NAMESPACE}/pods`)).items;
  const isReady = (pod: Pod) =>
    pod.status.conditions?.some((c) => c.type === "Ready" && c.status === "True") ?? false;
  const readyPods = (count: number) =>
    eventually(`${count} ready pods`, async () => {
      const ready = (await list()).filter(isReady);
      return ready.length === count ? ready : undefined;
    });

  before(async () => {
    kube = await cluster();
    await kube.kubectl(["create", "namespace", NAMESPACE]);
    const probe = { httpGet: { port: "http" }, periodSeconds: 1, failureThreshold: 1 };
    const container = {
      name: "server",
      image: "registry.example/serin:dev",
      args: ["--input-type=module", "-e", PROGRAM, "--", "$(GREETING) from $(POD_IP)"],
      ports: [{ name: "http", containerPort: 8080 }],
      env: [
        { name: "GREETING", value: "hello" },
        { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      ],
      readinessProbe: probe,
      livenessProbe: { ...probe, initialDelaySeconds: 5, failureThreshold: 2 },
    };
    const labels = { app: "server" };
    const template = {
      metadata: { labels },
      spec: { containers: [container], terminationGracePeriodSeconds: 2 },
    };
    const deployment = {
      metadata: { name: "server" },
      spec: { replicas: 2, selector: { matchLabels: labels }, template },
    };
    await kube.api.demand("POST", `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`, deployment);
  });
  after(async () => {
    await kube?.kubectl(["delete", "namespace", NAMESPACE, "--wait=false"]);
  });

  it("runs each pod's processes in a network of its own, with the pod's service account", async () => {
    const pods = await readyPods(2);
    for (const { metadata, status } of pods) {
      const log = await readFile(
        join(kube.dir, "kubelet", `${NAMESPACE}_${metadata.name}_server.log`),
        "utf8",
      );
      expect(JSON.parse(log)).to.deep.equal({
        ...{
          uid: 65532,
          api: 403,
          prometheus: 200,
          POD_IP: status.podIP,
          GREETING: "hello",
          namespace: NAMESPACE,
        },
        ...{ cwd: "/run/app", arg: `hello from ${status.podIP}`, writable: false },
      });
    }
  });

  it("restarts a killed container and counts the restart", async () => {
    const [pod] = await readyPods(2);
    const name = pod?.metadata.name ?? "";
    const before = kube.kubelet.pid(NAMESPACE, name, "server");
    kube.kubelet.kill(NAMESPACE, name, "server", "SIGKILL");
    await readyPods(1);
    const ready = await readyPods(2);
    const restarted = ready.find(({ metadata }) => metadata.name === name);
    expect(restarted?.status.containerStatuses?.[0]?.restartCount).to.equal(1);
    expect(kube.kubelet.pid(NAMESPACE, name, "server")).not.to.equal(before);
  });

  it("keeps a container down until bringBack", async () => {
    const [pod] = await readyPods(2);
    const name = pod?.metadata.name ?? "";
    await kube.kubelet.keepDown(NAMESPACE, name, "server");
    await sleep(1_500);
    expect((await readyPods(1))[0]?.metadata.name).not.to.equal(name);
    kube.kubelet.bringBack(NAMESPACE, name, "server");
    await readyPods(2);
  });

  it("restarts a container that hangs", async () => {
    const [pod] = await readyPods(2);
    const name = pod?.metadata.name ?? "";
    await sleep(5_000);
    kube.kubelet.kill(NAMESPACE, name, "server", "SIGSTOP");
    await readyPods(1);
    await readyPods(2);
  });

  it("ends the processes of a deleted pod and removes the pod", async () => {
    const [pod] = await readyPods(2);
    const name = pod?.metadata.name ?? "";
    await kube.kubectl(["delete", "pod", name, "--timeout=5s"], { namespace: NAMESPACE });
    expect((await list()).map(({ metadata }) => metadata.name)).not.to.include(name);
    expect(() => kube.kubelet.pid(NAMESPACE, name, "server")).to.throw(/is not running/);
    await readyPods(2);
  });
});
