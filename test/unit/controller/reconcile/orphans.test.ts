import { expect } from "chai";
import type { Caches } from "../../../../controller/reconcile/caches.ts";
import { type Change, ownerKeys } from "../../../../controller/reconcile/marks.ts";
import { Orphans } from "../../../../controller/reconcile/orphans.ts";
import type { RestoreOptions } from "../../../../controller/reconcile/restore.ts";
import type { Kube } from "../../../../kube/client/api.ts";
import type { KubeObject } from "../../../../kube/core/meta.ts";
import type { Service } from "../../../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../../../kube/core/workloads.ts";
import { FLIGHT, HELD } from "../../../../rollout/keys.ts";
import { isolationPatch } from "../../../../rollout/traffic/isolation.ts";
import { leanRoute } from "../../../../rollout/traffic/lean-route.ts";
import { hold, MIN_READY_SECONDS } from "../../../../rollout/workload/hold.ts";
import { aDeployment, aHeld, aReplicaSet, aRoute, aService } from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";
import { noLog } from "../../../support/log.ts";
import { merge } from "../../../support/patch.ts";

const inFlight = aDeployment({
  annotations: { [HELD]: JSON.stringify(aHeld()) },
  meta: { labels: { [FLIGHT]: "uid-web" } },
});

/** A canary of that rollout that another Deployment runs as its own version. */
function adopted(uid: string, namespace: string): ReplicaSet {
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "uid-new", controller: true };
  const { metadata, spec } = aReplicaSet({ image: "web:2" });
  const labels = { ...metadata.labels, [FLIGHT]: uid };
  return { metadata: { ...metadata, namespace, labels, ownerReferences: [owner] }, spec };
}

/** A Service that is still isolated, since an instant (ms); of a Deployment that is gone, by default. */
function left(namespace = "shop", since = 0, uid = "uid-gone"): Service {
  const service = aService({ meta: { namespace } });
  const isolated = isolationPatch(service, uid, "web1", new Date(since).toISOString());
  return merge(service, isolated) as Service;
}

describe("what belongs to no rollout any more", () => {
  let clock: FakeClock;
  let deployments: readonly Deployment[];
  let sets: readonly ReplicaSet[];
  let services: readonly Service[];
  let looked: string[];
  let written: string[];
  let stored: readonly ReplicaSet[];
  let unread: Error | undefined;
  let options: RestoreOptions;
  let orphans: Orphans;
  let patched: number;
  let refusal: Error | undefined;
  let incomplete: ReadonlySet<string>;

  const isIn =
    (namespace: string | undefined) =>
    ({ metadata }: KubeObject) =>
      metadata.namespace === namespace;

  const copyOf = (objects: () => readonly KubeObject[]) => ({
    list: objects,
    incomplete: () => incomplete,
    by: (index: string, value: string) =>
      objects().filter((object) =>
        index === "namespace" ? isIn(value)(object) : ownerKeys(object).includes(value),
      ),
  });

  beforeEach(() => {
    clock = new FakeClock();
    [deployments, sets, services, looked, patched, refusal] = [[inFlight], [], [], [], 0, undefined];
    [written, stored, incomplete, unread] = [[], [], new Set(), undefined];
    const caches = {
      deployment: (uid: string) => deployments.find(({ metadata }) => metadata.uid === uid),
      replicaSetsOf: (owner: { uid?: string; namespace?: string }) =>
        sets.filter(isIn(owner.namespace)).filter(({ metadata }) => metadata.labels?.[FLIGHT] === owner.uid),
      deployments: copyOf(() => deployments),
      services: copyOf(() => services),
      replicaSets: copyOf(() => sets),
      routes: { around: () => [], of: () => [], shared: () => [], incomplete: () => new Set() },
      routeCopies: { get: () => undefined },
      apply: () => {},
    };
    options = {
      kube: {
        mergePatch: async () => {
          patched += 1;
          if (refusal !== undefined) throw refusal;
          return aService();
        },
        list: async (_resource: unknown, _where: unknown, { labelSelector = "" } = {}) => {
          written.push(`list ${labelSelector}`.trim());
          if (unread !== undefined) throw unread;
          return { items: stored };
        },
        jsonPatch: async (_resource: unknown, { name }: { name: string }) => {
          written.push(`patch ${name}`);
          return aDeployment();
        },
        create: async (_resource: unknown, _where: unknown, { reason }: { reason: string }) => {
          written.push(`event ${reason}`);
        },
      } as unknown as Kube,
      caches: caches as unknown as Caches,
      observer: {
        forget: () => {},
        concerns: ({ metadata }: Deployment, { objects }: Change) => objects.some(isIn(metadata.namespace)),
      } as never,
      clock,
      log: noLog,
    };
    orphans = new Orphans({ ...options, look: (uids) => void looked.push(...uids) });
  });

  /** An event about an object with that mark; the Deployment itself by default. */
  const note = (uid: string, object: KubeObject = inFlight) => {
    const { lookIn, sweeps } = orphans.note({ uid, kind: "deployments", objects: [object] });
    return { lookIn, sweeps: Object.fromEntries(sweeps) };
  };

  it("is swept soon after its Deployment is gone, in its namespace, and the rollout looked at at once", () => {
    expect(note("uid-web")).to.deep.equal({ lookIn: "shop", sweeps: {} });
    deployments = [];
    expect(note("uid-web")).to.deep.equal({ lookIn: "shop", sweeps: { shop: 500 } });
    expect(note("uid-web")).to.deep.equal({ lookIn: undefined, sweeps: { shop: 500 } });
  });

  it("is swept at once, and once, when another Deployment runs the canary of a rollout that was seen to end", () => {
    note("uid-web");
    [deployments, sets] = [[], [adopted("uid-web", "shop")]];
    expect(note("uid-web").sweeps).to.deep.equal({ shop: 0 });
    for (let i = 0; i < 100; i += 1) expect(note("uid-web").sweeps).to.deep.equal({ shop: 500 });
  });

  it("is not swept at once for a canary that native control still removes", () => {
    note("uid-web");
    const { spec, ...set } = adopted("uid-web", "shop");
    [deployments, sets] = [[], [{ ...set, spec: { ...spec, minReadySeconds: MIN_READY_SECONDS } }]];
    expect(note("uid-web").sweeps).to.deep.equal({ shop: 500 });
  });

  it("is not swept at once for marks alone, which any tenant may write", () => {
    sets = [adopted("uid-invented", "evil"), adopted("uid-web", "evil")];
    const [forged] = sets;
    expect(note("uid-invented", forged)).to.deep.equal({ lookIn: undefined, sweeps: { evil: 500 } });
    note("uid-web");
    deployments = [];
    expect(note("uid-web", forged).sweeps, "in another namespace").to.deep.equal({ evil: 500 });
    sets = [...sets, adopted("uid-web", "shop")];
    expect(note("uid-web").sweeps, "in its own").to.deep.equal({ shop: 0 });
  });

  it("is swept soon in a namespace to which its rollout was copied, and the rollout not looked at", () => {
    for (let i = 0; i < 100; i += 1)
      expect(note("uid-web", adopted("uid-web", "copy"))).to.deep.equal({
        lookIn: undefined,
        sweeps: { copy: 500 },
      });
  });

  it("is swept in another namespace for a copied route, and not for one that leads to the rollout", () => {
    const route = (service: string) => ({
      ...leanRoute(aRoute({ backends: [{ name: service, namespace: "shop" }], meta: { namespace: "edge" } })),
      shares: [{ uid: "uid-web", namespace: "shop" }],
    });
    const copied = { ...route("web"), backends: ["edge/web"] };
    const swept = (object: KubeObject) =>
      Object.fromEntries(orphans.note({ uid: "uid-web", kind: "httproutes", objects: [object] }).sweeps);
    expect(swept(route("web"))).to.deep.equal({});
    expect(swept(copied)).to.deep.equal({ edge: 500 });
  });

  it("is found by the resync, which has every rollout looked at", () => {
    services = [left()];
    expect([...orphans.resync()]).to.deep.equal(["shop"]);
    expect(looked).to.deep.equal(["uid-web"]);
  });

  it("has no rollout looked at by a sweep that restores nothing", async () => {
    for (let i = 1; i <= 100; i += 1) expect(await orphans.sweep("shop")).to.equal(undefined);
    expect(looked).to.deep.equal([]);
  });

  it("waits while Serin does not know all Deployments of its namespace", async () => {
    services = [left()];
    incomplete = new Set(["shop"]);
    for (let i = 0; i < 3; i += 1) expect(await orphans.sweep("shop")).to.equal(undefined);
    expect(patched).to.equal(0);
    incomplete = new Set();
    await orphans.sweep("shop");
    expect(patched).to.equal(1);
  });

  describe("within the time in which the API server may still store its Deployment", () => {
    const reads = "list pod-template-hash in (web1)";
    beforeEach(() => {
      services = [left("shop", clock.now())];
    });

    it("stays while the version has pods, which one list tells in every sweep", async () => {
      stored = [aReplicaSet({ meta: { labels: { "pod-template-hash": "web1" } } })];
      expect(await orphans.sweep("shop")).to.equal(2_500);
      expect([patched, written]).to.deep.equal([0, [reads]]);
    });

    it("is restored as soon as the version has none", async () => {
      expect(await orphans.sweep("shop")).to.equal(1_000);
      expect([patched, written]).to.deep.equal([1, [reads]]);
    });

    it("delays nothing else if the version cannot be read, which is reported", async () => {
      unread = new Error("too long together");
      const { metadata, ...rest } = left("shop");
      services = [...services, { ...rest, metadata: { ...metadata, name: "old" } }];
      expect(await orphans.sweep("shop").catch((error: unknown) => error)).to.equal(unread);
      expect(patched).to.equal(1);
      services = services.slice(0, 1);
      await clock.advance(1_000);
      expect(await orphans.sweep("shop").catch((error: unknown) => error)).to.equal(unread);
      await clock.advance(43_000);
      expect(await orphans.sweep("shop")).to.equal(1_000);
      expect(patched).to.equal(2);
    });
  });

  it("reports the refusal of a policy", async () => {
    services = [left()];
    refusal = new Error("denied by a policy");
    const failure = await orphans.sweep("shop").catch((error: unknown) => error);
    expect(failure).to.equal(refusal);
  });

  it("loses a hold that no record belongs to, and an Event says so", async () => {
    const copy = aDeployment({ meta: { uid: "uid-copy", labels: { [FLIGHT]: "uid-web" } } });
    deployments = [inFlight, { ...copy, spec: hold(copy.spec, 1) }];
    await orphans.sweep("shop");
    expect(note("uid-copy", deployments[1]).sweeps).to.deep.equal({ shop: 500 });
    expect(written).to.deep.equal(["patch web", "event HoldRemoved"]);
  });

  it("loses a mark whose record another policy removed, and then its Services are swept as after any end", async () => {
    note("uid-web");
    const { annotations: _annotations, ...metadata } = inFlight.metadata;
    deployments = [{ ...inFlight, metadata }];
    expect(note("uid-web", deployments[0]).sweeps).to.deep.equal({ shop: 500 });
    await orphans.sweep("shop");
    expect(written).to.deep.equal(["patch web"]);
    deployments = [];
    expect(note("uid-web").sweeps).to.deep.equal({ shop: 500 });
  });

  it("has the rollouts of its namespace looked at a second after something was restored, and no sooner", async () => {
    const elsewhere = merge(inFlight, { metadata: { namespace: "other", uid: "uid-other" } }) as Deployment;
    deployments = [inFlight, elsewhere];
    services = [left()];
    expect(await orphans.sweep("shop")).to.equal(1_000);
    services = [];
    expect(await orphans.sweep("shop")).to.equal(1_000);
    expect(looked).to.deep.equal([]);
    await clock.advance(1_000);
    await orphans.sweep("shop");
    expect(looked).to.deep.equal(["uid-web"]);
  });

  for (const [uid, how] of [
    ["uid-gone", "after each sweep"],
    ["uid-web", "for a rollout in flight elsewhere"],
  ] as const)
    it(`costs ever less if a tenant marks it again ${how}, and sweeps of others stay as soon`, async () => {
      services = [left("evil", 0, uid), left("shop")];
      for (let ms = 0; ms < 600_000; ms += 500) {
        await orphans.sweep("evil");
        await clock.advance(500);
      }
      expect(patched).to.be.within(16, 24);
      expect(looked).to.deep.equal([]);
      expect(await orphans.sweep("shop")).to.equal(1_000);
      services = [];
      await clock.advance(60_000);
      await orphans.sweep("evil");
      services = [left("evil", 0, uid)];
      expect(await orphans.sweep("evil"), "after a sweep that found nothing").to.equal(1_000);
    });
});
