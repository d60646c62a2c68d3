import { expect } from "chai";
import type { Caches } from "../../../../controller/reconcile/caches.ts";
import { Orphans } from "../../../../controller/reconcile/orphans.ts";
import type { Kube } from "../../../../kube/client/api.ts";
import type { Deployment, ReplicaSet } from "../../../../kube/core/workloads.ts";
import { FLIGHT, HELD } from "../../../../rollout/keys.ts";
import { isolationPatch } from "../../../../rollout/traffic/isolation.ts";
import { MIN_READY_SECONDS } from "../../../../rollout/workload/hold.ts";
import { aDeployment, aHeld, aReplicaSet, aService } from "../../../support/builders.ts";
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

describe("what belongs to no rollout any more", () => {
  let clock: FakeClock;
  let deployments: readonly Deployment[];
  let sets: readonly ReplicaSet[];
  let services: readonly object[];
  let looked: string[];
  let orphans: Orphans;
  let refusal: Error | undefined;

  beforeEach(() => {
    clock = new FakeClock();
    [deployments, sets, services, looked, refusal] = [[inFlight], [], [], [], undefined];
    const caches = {
      deployment: (uid: string) => deployments.find(({ metadata }) => metadata.uid === uid),
      replicaSetsOf: (owner: { uid?: string; namespace?: string }) =>
        sets.filter(
          ({ metadata }) => metadata.labels?.[FLIGHT] === owner.uid && metadata.namespace === owner.namespace,
        ),
      deployments: { list: () => deployments },
      replicaSets: { list: () => sets },
      services: { list: () => services },
      routes: { shared: () => [] },
      routeCopies: { get: () => undefined },
      apply: () => {},
    };
    orphans = new Orphans({
      kube: {
        mergePatch: async () => {
          if (refusal !== undefined) throw refusal;
          return aService();
        },
      } as unknown as Kube,
      caches: caches as unknown as Caches,
      observer: { remember: () => {}, forget: () => {} } as never,
      clock,
      log: noLog,
      look: (uids) => void looked.push(...uids),
    });
  });

  it("is swept soon after its Deployment is gone, and the rollout looked at at once", () => {
    expect(orphans.note("uid-web")).to.deep.equal({ look: true });
    deployments = [];
    expect(orphans.note("uid-web")).to.deep.equal({ look: true, sweepInMs: 500 });
    expect(orphans.note("uid-web")).to.deep.equal({ look: false, sweepInMs: 500 });
  });

  it("is swept at once, and once, when another Deployment runs the canary of a rollout that was seen to end", () => {
    orphans.note("uid-web");
    [deployments, sets] = [[], [adopted("uid-web", "shop")]];
    expect(orphans.note("uid-web").sweepInMs).to.equal(0);
    for (let i = 0; i < 100; i += 1) expect(orphans.note("uid-web").sweepInMs).to.equal(500);
  });

  it("is not swept at once for a canary that native control still removes", () => {
    orphans.note("uid-web");
    const { spec, ...set } = adopted("uid-web", "shop");
    [deployments, sets] = [[], [{ ...set, spec: { ...spec, minReadySeconds: MIN_READY_SECONDS } }]];
    expect(orphans.note("uid-web").sweepInMs).to.equal(500);
  });

  it("is not swept at once for marks alone, which any tenant may write", () => {
    sets = [adopted("uid-invented", "evil"), adopted("uid-web", "evil")];
    expect(orphans.note("uid-invented")).to.deep.equal({ look: false, sweepInMs: 500 });
    orphans.note("uid-web");
    deployments = [];
    expect(orphans.note("uid-web").sweepInMs, "in another namespace").to.equal(500);
    sets = [...sets, adopted("uid-web", "shop")];
    expect(orphans.note("uid-web").sweepInMs, "in its own").to.equal(0);
  });

  it("has every rollout looked at in the first sweep, then every five minutes, however often it is swept", async () => {
    expect(await orphans.sweep()).to.equal(300_000);
    for (let i = 1; i <= 100; i += 1) {
      await clock.advance(1_000);
      expect(await orphans.sweep()).to.equal(300_000 - i * 1_000);
    }
    expect(looked).to.deep.equal(["uid-web"]);
    await clock.advance(200_000);
    await orphans.sweep();
    expect(looked).to.have.length(2);
  });

  it("has every rollout looked at in the first sweep, even if a policy refuses to restore a tenant's orphan", async () => {
    const isolated = isolationPatch(aService(), "uid-gone", "web1", new Date(0).toISOString());
    services = [merge(aService(), isolated) as object];
    refusal = new Error("denied by a policy");
    const failure = await orphans.sweep().catch((error: unknown) => error);
    expect(failure).to.equal(refusal);
    expect(looked).to.deep.equal(["uid-web"]);
  });

  it("has every rollout looked at a second after something was restored, and no sooner", async () => {
    await orphans.sweep();
    looked = [];
    const isolated = isolationPatch(aService(), "uid-gone", "web1", new Date(0).toISOString());
    services = [merge(aService(), isolated) as object];
    expect(await orphans.sweep()).to.equal(1_000);
    services = [];
    await orphans.sweep();
    expect(looked).to.deep.equal([]);
    await clock.advance(1_000);
    await orphans.sweep();
    expect(looked).to.deep.equal(["uid-web"]);
  });
});
