import { expect } from "chai";
import { Caches } from "../../../../controller/reconcile/caches.ts";
import { Observer } from "../../../../controller/reconcile/observe.ts";
import { performAll } from "../../../../controller/reconcile/perform.ts";
import type { Kube } from "../../../../kube/client/api.ts";
import {
  deployments,
  httpRoutes,
  namespaces,
  referenceGrants,
  replicaSets,
  services,
} from "../../../../kube/core/resources.ts";
import type { Route } from "../../../../kube/core/routes.ts";
import type { Service } from "../../../../kube/core/services.ts";
import type { ReplicaSet } from "../../../../kube/core/workloads.ts";
import { FLIGHT, RUN } from "../../../../rollout/keys.ts";
import { canaryServiceOf } from "../../../../rollout/traffic/canary-service.ts";
import { isolationPatch } from "../../../../rollout/traffic/isolation.ts";
import { deleteCanaryService } from "../../../../rollout/traffic/writes.ts";
import { hold } from "../../../../rollout/workload/hold.ts";
import { withHoldRecord } from "../../../../rollout/workload/hold-record.ts";
import { formatRun, type RunRecord } from "../../../../rollout/workload/run-record.ts";
import { writeRunRecord } from "../../../../rollout/workload/writes.ts";
import { FakeApi } from "../../../support/api.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aReplicaSet,
  aRoute,
  aService,
  NOON,
} from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";
import { eventually } from "../../../support/eventually.ts";
import { noLog } from "../../../support/log.ts";
import { merge } from "../../../support/patch.ts";
import { applied } from "../../../support/routes.ts";

const UID = "uid-web";
const ownerReferences = [
  { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: UID, controller: true },
];
const stored = aDeployment({ image: "web:2" });
const inFlight = withHoldRecord({ ...stored, spec: hold(stored.spec, 1) }, aHeld(), stored);
const isolated = merge(aService(), isolationPatch(aService(), UID, "web1", AT_NOON)) as Service;
const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 50, since: AT_NOON };
const run: RunRecord = {
  started: AT_NOON,
  outcome: "running",
  step: 0,
  stepSince: AT_NOON,
  stable: "web1",
  message: "",
};

describe("controller/gather", () => {
  let api: FakeApi;
  let kube: Kube;
  let clock: FakeClock;
  let caches: Caches;
  let observer: Observer;
  const stop: AbortController[] = [];

  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    clock = new FakeClock(NOON);
    api.add(deployments, inFlight);
    for (const image of ["web:1", "web:2"]) {
      const { metadata, ...set } = aReplicaSet({ image });
      const labels = { ...metadata.labels, [FLIGHT]: UID };
      api.add(replicaSets, { ...set, metadata: { ...metadata, labels, ownerReferences } });
    }
    api.add(services, isolated);
    api.add(services, canaryServiceOf(aService(), stored, "web2"));
    api.add(httpRoutes, applied(aRoute({ kind: "HTTPRoute" }), { [UID]: share }));
    const ended = new AbortController();
    stop.push(ended);
    caches = new Caches({ kube, clock, log: noLog, signal: ended.signal });
    await caches.synced();
    observer = new Observer({ kube, caches, clock, log: noLog });
  });
  afterEach(async () => {
    for (const one of stop.splice(0)) one.abort();
    await kube.close();
    await api.stop();
  });

  const names = async () => {
    const snapshot = await observer.observe(UID);
    const of = (objects: readonly (Service | Route)[] = []) => objects.map(({ metadata }) => metadata.name);
    return {
      services: of(snapshot?.services),
      routes: of(snapshot?.routes),
      left: of(snapshot?.formerServices),
    };
  };
  const all = { services: ["web"], routes: ["web"], left: [] };

  it("no longer sees a Service that was deleted, and sees the one that is made again, which carries no mark", async () => {
    expect(await names()).to.deep.equal(all);
    api.remove(services, "shop/web");
    await eventually("gone", () => caches.services.get("shop/web") === undefined);
    expect(await names()).to.deep.equal({ ...all, services: [] });
    api.add(services, aService());
    await clock.advance(1_000);
    await names();
    expect(await names()).to.deep.equal(all);
    expect((await observer.observe(UID))?.services[0]?.spec.selector).to.deep.equal({ app: "web" });
  });

  it("nor a route", async () => {
    expect(await names()).to.deep.equal(all);
    api.remove(httpRoutes, "shop/web");
    await eventually("gone", () => caches.routes.shared().length === 0);
    expect(await names()).to.deep.equal({ ...all, routes: [] });
    api.add(httpRoutes, aRoute({ kind: "HTTPRoute" }));
    await clock.advance(1_000);
    await names();
    expect(await names()).to.deep.equal(all);
  });

  it("contains an isolated Service that no longer belongs to the rollout", async () => {
    const other = aService({ meta: { name: "other" }, selector: { app: "other" } });
    api.add(services, merge(other, isolationPatch(other, UID, "web1", AT_NOON)) as Service);
    await eventually("seen", () => caches.services.get("shop/other") !== undefined);
    expect(await names()).to.deep.equal({ ...all, left: ["other"] });
  });

  it("keeps a route of another namespace whose grant was revoked, because it carries the overlay, also as a new leader", async () => {
    const meta = { name: "far", namespace: "edge" };
    const backends = [{ name: "web", namespace: "shop", port: 80 }];
    api.add(httpRoutes, applied(aRoute({ kind: "HTTPRoute", backends, meta }), { [UID]: share }));
    const from = [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "edge" }];
    const to = [{ group: "", kind: "Service" }];
    api.add(namespaces, { metadata: { name: "shop" } });
    api.add(referenceGrants, { metadata: { name: "edge", namespace: "shop" }, spec: { from, to } });
    const both = { ...all, routes: ["far", "web"] };
    const sorted = async () => ({ ...(await names()), routes: (await names()).routes.toSorted() });
    await eventually("known", () => caches.routes.shared().length === 2);
    expect(await sorted()).to.deep.equal(both);
    api.remove(referenceGrants, "shop/edge");
    observer.forget(UID);
    // Anyone can write such a route: without a note in the rollout's own record it does not count.
    expect(await sorted()).to.deep.equal(all);
    const annotations = { [RUN]: formatRun({ ...run, foreignRoutes: ["HTTPRoute/edge/far"] }) };
    api.change(replicaSets, "shop/web-web2", { metadata: { annotations } });
    await eventually("noted", () =>
      caches.replicaSetsOf(inFlight.metadata).some((one) => one.metadata.annotations?.[RUN] !== undefined),
    );
    observer = new Observer({ kube, caches, clock, log: noLog });
    expect(await sorted()).to.deep.equal(both);
  });

  it("lists nothing again when others delete their routes that carry its mark", async () => {
    const meta = { name: "trap", namespace: "evil" };
    const backends = [{ name: "web", namespace: "shop", port: 80 }];
    api.add(httpRoutes, applied(aRoute({ kind: "HTTPRoute", backends, meta }), { [UID]: share }));
    await eventually("known", () => caches.routes.around([], UID).length === 2);
    expect(await names()).to.deep.equal(all);
    const asked = api.requests.length;
    api.remove(httpRoutes, "evil/trap");
    await eventually("gone", () => caches.routes.around([], UID).length === 1);
    expect(await names()).to.deep.equal(all);
    expect(api.requests.slice(asked).map(({ path }) => path)).to.deep.equal([]);
  });

  /** The lists of a block, by their plurals. */
  const listed = async (block: () => Promise<unknown>) => {
    const asked = api.requests.length;
    await block();
    const lists = api.requests
      .slice(asked)
      .filter(({ method, query }) => method === "GET" && !query.has("watch"));
    return lists.map(({ path }) => path.split("/").at(-1));
  };

  const atStep = async (step: number) => {
    const annotations = { [RUN]: formatRun({ ...run, step }) };
    api.change(replicaSets, "shop/web-web2", { metadata: { annotations } });
    await eventually("noted", () =>
      caches
        .replicaSetsOf(inFlight.metadata)
        .some(({ metadata }) => metadata.annotations?.[RUN]?.includes(`"step":${step}`)),
    );
  };

  it("lists nothing when a step begins, but once a minute those who came behind the Services", async () => {
    expect(await listed(names)).to.deep.equal([]);
    await atStep(1);
    expect(await listed(names)).to.deep.equal([]);
    await clock.advance(60_000);
    await atStep(2);
    expect(await listed(names)).to.deep.equal(["pods"]);
    expect(await listed(names)).to.deep.equal([]);
  });

  it("decides without those who came behind the Services if they cannot be listed, and asks again a minute later", async () => {
    await names();
    let refused = 0;
    api.faults.push(({ path, query }) => {
      if (!path.endsWith("/pods") || query.has("watch")) return undefined;
      refused += 1;
      return { status: 403 };
    });
    for (const step of [1, 2]) {
      await clock.advance(60_000);
      await atStep(step);
      expect(await names()).to.deep.equal(all);
      expect(refused).to.equal(step);
    }
  });

  it("sees a Service that a user creates within a step, and tells the rollout of it", async () => {
    const told: string[] = [];
    caches.listen(({ uid, kind }) => void (kind === "services" && told.push(uid)));
    await names();
    told.length = 0;
    api.add(services, aService({ meta: { name: "new" } }));
    await eventually("told", () => told.includes(UID));
    expect(await names()).to.deep.equal({ ...all, services: ["web", "new"] });
  });

  it("is not woken by the Services of another rollout in the same namespace", async () => {
    const told: string[] = [];
    await names();
    caches.listen(({ uid }) => void told.push(uid));
    const other = aService({ meta: { name: "other" }, selector: { app: "other" } });
    api.add(services, merge(other, isolationPatch(other, "uid-other", "o1", AT_NOON)) as Service);
    await eventually("seen", () => caches.services.get("shop/other") !== undefined);
    api.add(services, aService({ meta: { name: "last" } }));
    await eventually("told", () => told.includes(UID));
    expect(told.filter((uid) => uid === UID)).to.deep.equal([UID]);
  });

  it("lists nothing again after a conflict on a ReplicaSet, nor when Serin has deleted a canary Service", async () => {
    const snapshot = await observer.observe(UID);
    const means = { kube, caches, observer, clock, log: noLog };
    const [canary, service] = [snapshot?.canary as ReplicaSet, snapshot?.canaryServices[0] as Service];
    api.change(replicaSets, "shop/web-web2", { metadata: { annotations: { touched: "yes" } } });
    const { failure } = await performAll([writeRunRecord(canary, UID, run)], UID, means);
    expect(failure?.error).to.have.property("status", 409);
    expect(await listed(names)).to.deep.equal([]);
    expect(await performAll([deleteCanaryService(service)], UID, means)).to.have.property(
      "failure",
      undefined,
    );
    await eventually("gone", () => caches.services.get("shop/web-canary") === undefined);
    expect(await listed(names)).to.deep.equal([]);
  });

  for (const plural of ["services", "pods"])
    it(`waits only briefly for the ${plural} of a namespace, and knows all of them later`, async () => {
      let isSilent = true;
      api.faults.push(({ path, query }) =>
        isSilent && query.has("watch") && path.endsWith(`/shop/${plural}`) ? "hang" : undefined,
      );
      for (const _ of [1, 2]) {
        const before = clock.sleeping;
        const observing = observer.observe(UID).catch((thrown: Error) => thrown.message);
        await eventually("waiting", () => clock.sleeping > before);
        await clock.advance(2_000);
        expect(await observing).to.match(
          new RegExp(`^the ${plural} of namespace shop are not read yet$`, "i"),
        );
      }
      isSilent = false;
      caches.forget(UID);
      expect(await names()).to.deep.equal(all);
    });

  it("waits at the begin until native control has seen the rollout, for a second at most", async () => {
    expect(observer.untilSeen(UID), "with marked ReplicaSets").to.equal(undefined);
    api.change(deployments, "shop/web", { metadata: { generation: 2 }, status: { observedGeneration: 1 } });
    for (const name of ["web-web1", "web-web2"]) api.remove(replicaSets, `shop/${name}`);
    await eventually("new", () => observer.untilSeen(UID) !== undefined);
    expect(observer.untilSeen(UID)).to.equal(1_000);
    await clock.advance(900);
    expect(observer.untilSeen(UID)).to.equal(100);
    await clock.advance(100);
    expect(observer.untilSeen(UID), "after a second").to.equal(undefined);
    await clock.advance(-2_000);
    expect(observer.untilSeen(UID), "by a clock behind the webhook's").to.equal(undefined);
    await clock.advance(1_500);
    api.change(deployments, "shop/web", { status: { observedGeneration: 2 } });
    await eventually("seen", () => observer.untilSeen(UID) === undefined);
  });

  it("sees nothing of a Deployment that is being deleted", async () => {
    api.change(deployments, "shop/web", { metadata: { deletionTimestamp: AT_NOON } });
    await eventually("going", () => caches.deployment(UID) === undefined);
    expect(await observer.observe(UID)).to.equal(undefined);
  });
});
