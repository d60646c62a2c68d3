import { expect } from "chai";
import { Caches } from "../../../../controller/reconcile/caches.ts";
import { Observer } from "../../../../controller/reconcile/observe.ts";
import type { Kube } from "../../../../kube/client/api.ts";
import {
  deployments,
  endpointSlices,
  httpRoutes,
  replicaSets,
  services,
} from "../../../../kube/core/resources.ts";
import type { Service } from "../../../../kube/core/services.ts";
import { FLIGHT } from "../../../../rollout/keys.ts";
import { isolationPatch, restoreSelector } from "../../../../rollout/traffic/isolation.ts";
import { hold } from "../../../../rollout/workload/hold.ts";
import { withHoldRecord } from "../../../../rollout/workload/hold-record.ts";
import { FakeApi } from "../../../support/api.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aReplicaSet,
  aRoute,
  aService,
  NOON,
  ownedByWeb,
} from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";
import { eventually } from "../../../support/eventually.ts";
import { noLog } from "../../../support/log.ts";
import { merge } from "../../../support/patch.ts";
import { carrying } from "../../../support/rollout.ts";

const UID = "uid-web";
const plain = aDeployment({ image: "web:2" });
const inFlight = withHoldRecord({ ...plain, spec: hold(plain.spec, 1) }, aHeld(), plain);

describe("controller/reconcile/namespace-services", () => {
  let api: FakeApi;
  let kube: Kube;
  let caches: Caches;
  let observer: Observer;
  let stop: AbortController;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    stop = new AbortController();
    api.add(deployments, inFlight);
    for (const image of ["web:1", "web:2"]) {
      const { metadata, ...set } = aReplicaSet({ image });
      const labels = { ...metadata.labels, [FLIGHT]: UID };
      api.add(replicaSets, { ...set, metadata: { ...metadata, labels, ownerReferences: [ownedByWeb] } });
    }
    api.add(services, merge(aService(), isolationPatch(aService(), UID, "web1", AT_NOON)) as Service);
    const clock = new FakeClock(NOON);
    caches = new Caches({ kube, clock, log: noLog, signal: stop.signal });
    await caches.synced();
    observer = new Observer({ kube, caches, clock, log: noLog });
  });
  afterEach(async () => {
    stop.abort();
    await kube.close();
    await api.stop();
  });

  const filler = "x".repeat(250_000);
  /** Services until the copy of the namespace has no room for one more of this length. */
  const fill = () => {
    for (let i = 0; i < 33; i += 1)
      api.add(services, aService({ meta: { name: `r-${i}` }, selector: { app: "other" }, filler }));
  };
  const long = aService({ meta: { name: "long" }, filler });
  const seen = async () => {
    const snapshot = await observer.observe(UID);
    const names = snapshot?.services.map(({ metadata }) => metadata.name);
    return { names, lacks: snapshot?.lacksServices ?? false };
  };
  const found = async (name: string) => {
    const { list } = await caches.namespaceServices.of(UID, "shop");
    return list().some(({ metadata }) => metadata.name === name);
  };

  it("tells of a Service without room within the step, and goes on with those that it knew", async () => {
    fill();
    expect(await seen()).to.deep.equal({ names: ["web"], lacks: false });
    api.add(services, long);
    await eventually("lacking", async () => (await seen()).lacks);
    expect(await seen()).to.deep.equal({ names: ["web"], lacks: true });
    api.add(services, aService({ meta: { name: "new" } }));
    await eventually("the new one", () => found("new"));
    expect(await seen()).to.deep.equal({ names: ["web", "new"], lacks: true });
    api.remove(services, "shop/long");
    await eventually("all known", async () => !(await seen()).lacks);
    expect((await seen()).names).to.deep.equal(["web", "new"]);
  });

  it("finds room for Services with long annotations", async () => {
    const annotations = { "kubectl.kubernetes.io/last-applied-configuration": filler, note: filler };
    for (let i = 0; i < 33; i += 1) api.add(services, aService({ meta: { name: `r-${i}`, annotations } }));
    const { names, lacks } = await seen();
    expect(names).to.have.length(34);
    expect(lacks).to.equal(false);
  });

  it("knows what carries its mark although it never knew all Services during the rollout, and then all", async () => {
    const web = api.remove(services, "shop/web") as Service;
    api.add(
      httpRoutes,
      carrying(aRoute({ kind: "HTTPRoute", meta: { labels: { [FLIGHT]: UID } } }), 10, NOON),
    );
    fill();
    api.add(services, long);
    api.add(services, { ...web, spec: { ...web.spec, filler } });
    const routes = async () => (await observer.observe(UID))?.routes.map(({ metadata }) => metadata.name);
    expect(await seen()).to.deep.equal({ names: ["web"], lacks: true });
    expect(await routes()).to.deep.equal(["web"]);
    api.add(services, aService({ meta: { name: "new" } }));
    await eventually("the new one", () => found("new"));
    expect(await seen()).to.deep.equal({ names: ["web", "new"], lacks: true });
    for (const name of ["long", "web"]) api.change(services, `shop/${name}`, { spec: { filler: null } });
    await eventually("all known", async () => !(await seen()).lacks);
    expect((await seen()).names).to.have.members(["web", "new", "long"]);
  });

  const wakes = async (change: () => void, isSeen: () => Promise<boolean>) => {
    await seen();
    const told: string[] = [];
    caches.listen(({ uid, kind }) => void (kind === "services" && told.push(uid)));
    change();
    await eventually("seen", isSeen);
    return told.includes(UID);
  };
  const isolatedFor = (uid: string, name: string) => {
    const service = aService({ meta: { name } });
    return merge(service, isolationPatch(service, uid, "web1", AT_NOON)) as Service;
  };

  const isOpen = async (name: string) => {
    const { list } = await caches.namespaceServices.of(UID, "shop");
    return list().some(({ metadata }) => metadata.name === name && metadata.labels?.[FLIGHT] === undefined);
  };

  it("tells a rollout of a Service that the sweep released from another one", async () => {
    const left = isolatedFor("uid-gone", "left");
    api.add(services, left);
    const release = () => api.change(services, "shop/left", restoreSelector(left));
    const isReleased = async () => caches.services.get("shop/left") === undefined && (await isOpen("left"));
    expect(await wakes(release, isReleased)).to.equal(true);
    expect((await seen()).names).to.deep.equal(["web", "left"]);
  });

  it("and of one that carries the mark of another rollout but is open", async () => {
    const open = aService({ meta: { name: "open", labels: { [FLIGHT]: "uid-gone" } } });
    expect(
      await wakes(
        () => api.add(services, open),
        () => found("open"),
      ),
    ).to.equal(true);
    expect((await seen()).names).to.deep.equal(["web", "open"]);
  });

  it("but not of one that another rollout isolates", async () => {
    const isolated = isolatedFor("uid-other", "else");
    expect(
      await wakes(
        () => api.add(services, isolated),
        () => found("else"),
      ),
    ).to.equal(false);
  });

  const slice = (name: string, managedBy: string, ready: boolean) => ({
    metadata: {
      name,
      namespace: "shop",
      labels: {
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": managedBy,
      },
    },
    endpoints: [{ addresses: ["10.0.0.9"], conditions: { ready } }],
  });
  const strangers = async () => (await observer.observe(UID))?.strangers?.map(({ name }) => name);

  it("tells a rollout at once of a slice that somebody keeps, and of its end", async () => {
    api.add(endpointSlices, slice("web-abc", "endpointslice-controller.k8s.io", true));
    expect(await strangers()).to.deep.equal([]);
    const told: string[] = [];
    caches.listen(({ uid, kind }) => void (kind === "endpointslices" && told.push(uid)));
    for (const [name, ready] of [
      ["web-down", false],
      ["web-vm", true],
    ] as const)
      api.add(endpointSlices, slice(name, "me", ready));
    await eventually("the slice", async () => (await strangers())?.includes("web-vm") === true);
    expect(await strangers()).to.deep.equal(["web-vm"]);
    expect(told).to.include(UID);
    api.remove(endpointSlices, "shop/web-vm");
    await eventually("its end", async () => (await strangers())?.length === 0);
  });
});
