import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { runController } from "../../../controller/controller.ts";
import { deployments, pods, replicaSets, services } from "../../../kube/core/resources.ts";
import type { Service } from "../../../kube/core/services.ts";
import { FLIGHT, HASH_LABEL, HELD } from "../../../rollout/keys.ts";
import { isolationPatch } from "../../../rollout/traffic/isolation.ts";
import { MIN_READY_SECONDS } from "../../../rollout/workload/hold.ts";
import { FakeApi } from "../../support/api.ts";
import { aDeployment, aHeld, aReplicaSet, aService, ownedByWeb } from "../../support/builders.ts";
import { FakeClock, hastyClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { noLog } from "../../support/log.ts";
import { aTelemetry } from "../../support/telemetry.ts";

/** The controller asks only the API server. */
const alone = {
  prometheus: () => ({ over: async () => new Map(), scrapes: async () => undefined }) as never,
  gates: async () => ({}),
  namespace: "serin-system",
  hookHosts: [],
  log: noLog,
  telemetry: aTelemetry(),
  onWork() {},
};

describe("controller/controller", () => {
  it("follows no pods and Services of a Deployment any more that was deleted in flight, and waited for nothing", async () => {
    const api = await FakeApi.start();
    const kube = api.connect();
    const stop = new AbortController();
    const labels = { [FLIGHT]: "uid-web" };
    const ownerReferences = [ownedByWeb];
    // Its native rolling update runs.
    const held = JSON.stringify(aHeld({ phase: "promoting" }));
    api.add(
      deployments,
      aDeployment({ image: "web:2", annotations: { [HELD]: held }, meta: { labels, generation: 2 } }),
    );
    for (const image of ["web:1", "web:2"]) {
      const { metadata, ...set } = aReplicaSet({ image });
      const marked = { ...metadata, labels: { ...metadata.labels, ...labels }, ownerReferences };
      api.add(replicaSets, { metadata: marked, ...set });
    }
    const running = runController({ ...alone, kube, clock: hastyClock }, stop.signal);
    // Deployments, ReplicaSets, Services, slices, routes of two kinds; these pods, and all Services and kept slices of the namespace.
    await eventually("the pods followed", () => api.watching === 9 && api.requests.some(isOfPods));
    api.remove(deployments, "shop/web");
    await eventually("three watches fewer", () => api.watching === 6);
    stop.abort();
    await running;
    await kube.close();
    await api.stop();
  });

  it("lets the Service reach a canary at once that has become the version of a new Deployment", async () => {
    const api = await FakeApi.start();
    const kube = api.connect();
    const stop = new AbortController();
    const labels = { [FLIGHT]: "uid-web" };
    const ownerOf = (uid: string) => [
      { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid, controller: true },
    ];
    const annotations = { [HELD]: JSON.stringify(aHeld()) };
    api.add(deployments, aDeployment({ image: "web:2", annotations, meta: { labels } }));
    const { metadata, spec } = aReplicaSet({ image: "web:2" });
    const ownerReferences = ownerOf("uid-web");
    const canary = api.add(replicaSets, {
      metadata: { ...metadata, labels: { ...metadata.labels, ...labels }, ownerReferences },
      spec: { ...spec, minReadySeconds: MIN_READY_SECONDS },
    });
    const service = api.add(services, aService());
    const since = new Date(0).toISOString();
    api.change(services, "shop/web", isolationPatch(service, "uid-web", "web1", since));
    const selector = () => (api.store.get("/v1/services", "shop/web") as Service).spec.selector;
    // No time passes.
    const running = runController({ ...alone, kube, clock: new FakeClock() }, stop.signal);
    await eventually("everything followed", () => api.watching >= 6);
    api.remove(deployments, "shop/web");
    const key = `shop/${canary.metadata.name}`;
    api.change(replicaSets, key, { metadata: { ownerReferences: ownerOf("uid-new") } });
    api.change(replicaSets, key, { spec: { minReadySeconds: 0 } });
    await eventually("all pods selected", () => !(HASH_LABEL in (selector() ?? {})));
    stop.abort();
    await running;
    await kube.close();
    await api.stop();
  });

  it("works when its copies are complete, and gives up when one is not complete in five minutes", async () => {
    const api = await FakeApi.start();
    const kube = api.connect();
    const clock = new FakeClock();
    const stop = new AbortController();
    let began = 0;
    const run = () => runController({ ...alone, kube, clock, onWork: () => began++ }, stop.signal);
    api.faults.push(({ path }) => (path.endsWith("/endpointslices") ? { status: 403 } : undefined));
    const failure = run().catch(String);
    await eventually("the others followed", () => api.watching === 5);
    for (let seconds = 0; seconds < 300; seconds++) await clock.advance(1_000);
    expect(await failure).to.equal("Error: the copy of endpointslices is not complete after 300 s");
    expect(began).to.equal(0);
    api.faults.pop();
    const running = run();
    await eventually("working", () => began === 1);
    stop.abort();
    await running;
    await kube.close();
    await api.stop();
  });

  it("leaves marks of rollouts that it never saw to the sweep that comes later: tenants may write them", async () => {
    const api = await FakeApi.start();
    const kube = api.connect();
    const stop = new AbortController();
    const clock = new FakeClock();
    const running = runController({ ...alone, kube, clock }, stop.signal);
    await eventually("everything followed", () => api.watching >= 6);
    const service = api.add(services, aService());
    api.change(
      services,
      "shop/web",
      isolationPatch(service, "uid-invented", "web1", new Date(0).toISOString()),
    );
    const { metadata, spec } = aReplicaSet({ image: "web:1" });
    const labels = { ...metadata.labels, [FLIGHT]: "uid-invented" };
    const owner = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      name: "web",
      uid: "uid-evil",
      controller: true,
    };
    api.add(replicaSets, { metadata: { ...metadata, labels, ownerReferences: [owner] }, spec });
    const isIsolated = () =>
      HASH_LABEL in ((api.store.get("/v1/services", "shop/web") as Service).spec.selector ?? {});
    // The controller hears of both objects; no time passes until then.
    await eventually("a sweep planned", () => clock.sleeping > 0);
    await delay(200);
    expect(isIsolated()).to.equal(true);
    await clock.advance(500);
    await eventually("swept", () => !isIsolated());
    stop.abort();
    await running;
    await kube.close();
    await api.stop();
  });
});

function isOfPods({ path }: { readonly path: string }): boolean {
  return path.endsWith(`/${pods.plural}`);
}
