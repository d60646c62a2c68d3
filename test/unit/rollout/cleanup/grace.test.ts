import { expect } from "chai";
import type { Service } from "../../../../kube/core/services.ts";
import type { ReplicaSet } from "../../../../kube/core/workloads.ts";
import { hashesInGrace } from "../../../../rollout/cleanup/grace.ts";
import { type SweepInput, sweep } from "../../../../rollout/cleanup/orphans.ts";
import { writeIsolation } from "../../../../rollout/traffic/writes.ts";
import type { RunRecord } from "../../../../rollout/workload/run-record.ts";
import { writeRunRecord } from "../../../../rollout/workload/writes.ts";
import { AT_NOON, aReplicaSet, aService, NOON, ownedByWeb } from "../../../support/builders.ts";
import { merged } from "../../../support/patch.ts";

const isolatedTo = (hash: string, since = AT_NOON, meta: object = {}): Service => {
  const service = aService({ meta });
  return merged(service, writeIsolation(service, "uid-web", hash, since));
};
const isolated = isolatedTo("web1");
const input = (more: Partial<SweepInput> = {}): SweepInput => ({
  now: NOON + 5_000,
  inFlight: new Map(),
  services: [isolated],
  routes: [],
  replicaSets: [],
  ...more,
});
const version = (hash: string, wanted: number, present = wanted): ReplicaSet => ({
  ...aReplicaSet({ replicas: wanted, meta: { labels: { "pod-template-hash": hash } } }),
  status: { replicas: present },
});
const ownedBy = (uid: string, set: ReplicaSet): ReplicaSet => ({
  ...set,
  metadata: { ...set.metadata, ownerReferences: [{ ...ownedByWeb, uid }] },
});
const versions = (...replicaSets: ReplicaSet[]) => ({
  namespace: "shop",
  hashes: new Set(["web1"]),
  replicaSets,
});

describe("a Service that waits for its Deployment to be stored", () => {
  const without: [string, ReplicaSet[]][] = [
    ["is gone", []],
    ["has no pods left", [version("web1", 0)]],
    ["is deleted and has no pods left", [deleted(version("web1", 3, 0))]],
    ["is gone, while another one has pods", [version("web2", 3)]],
    ["is the version of another Deployment", [ownedBy("uid-2", version("web1", 3))]],
  ];
  for (const [name, sets] of without)
    it(`is restored at once if its version ${name}`, () => {
      const { writes, waitMs } = sweep(input({ versions: versions(...sets) }));
      expect(writes.map((write) => merged(isolated, write).spec)).to.deep.equal([aService().spec]);
      expect(waitMs).to.equal(undefined);
    });

  const present: [string, ReplicaSet[]][] = [
    ["has pods", [version("web1", 3)]],
    [
      "has pods, as one of another Deployment",
      [ownedBy("uid-web", version("web1", 3)), ownedBy("uid-2", version("web1", 3))],
    ],
    ["is about to have pods", [version("web1", 3, 0)]],
    ["still has pods that go", [version("web1", 0, 1)]],
    ["is deleted and still has pods", [deleted(version("web1", 3, 1))]],
  ];
  for (const [name, sets] of present)
    it(`waits, and is looked at again soon, while its version ${name}`, () => {
      const decision = sweep(input({ versions: versions(...sets) }));
      expect(decision).to.deep.equal({ writes: [], waitMs: 2_500 });
    });

  it("waits while its version is not known", () => {
    const other = { ...versions(), hashes: new Set(["web2"]) };
    const elsewhere = { ...versions(), namespace: "other" };
    for (const known of [undefined, other, elsewhere])
      expect(sweep(input(known && { versions: known })).writes).to.deep.equal([]);
  });

  it("has its version read in its own namespace only, and only while it waits", () => {
    const hashes = (more: Partial<SweepInput>) => [...hashesInGrace("shop", input(more))];
    expect(hashes({})).to.deep.equal(["web1"]);
    expect(hashes({ services: [isolated, isolatedTo("web1", AT_NOON, { name: "api" })] })).to.have.length(1);
    expect(hashes({ services: [isolatedTo("web1", AT_NOON, { namespace: "other" })] })).to.deep.equal([]);
    expect(hashes({ services: [aService()] }), "not isolated").to.deep.equal([]);
    expect(hashes({ now: NOON + 44_000 }), "after the grace").to.deep.equal([]);
    expect(hashes({ inFlight: new Map([["uid-web", "shop"]]) }), "in flight").to.deep.equal([]);
    expect(hashes({ incomplete: new Set(["shop"]) }), "perhaps in flight").to.deep.equal([]);
    expect(hashes({ ended: new Map([["uid-web", NOON + 1_000]]) }), "ended").to.deep.equal([]);
  });

  it("has its version read after the grace while it waits for the canary's pods to go", () => {
    const run = {
      started: AT_NOON,
      outcome: "running",
      step: 0,
      stepSince: AT_NOON,
      stable: "web1",
      message: "",
    };
    const canary = version("web2", 1);
    const replicaSets = [merged(canary, writeRunRecord(canary, "uid-web", run as RunRecord))];
    const late = { now: NOON + 44_000, replicaSets };
    expect([...hashesInGrace("shop", input(late))]).to.deep.equal(["web1"]);
  });

  it("has a bounded number of versions read, because tenants can write any hash", () => {
    const services = Array.from({ length: 500 }, (_, i) => isolatedTo(`h${i}`, AT_NOON, { name: `s${i}` }));
    expect(hashesInGrace("shop", input({ services })).size).to.equal(100);
  });

  it("is looked at less often if its instant is further ahead than clocks differ: it may be forged", () => {
    const services = [isolatedTo("web1", "2999-01-01T00:00:00.000Z")];
    expect(sweep(input({ services, versions: versions(version("web1", 3)) })).waitMs).to.equal(10_000);
    expect(sweep(input({ services, versions: versions() })).writes).to.have.length(1);
  });
});

function deleted(set: ReplicaSet): ReplicaSet {
  return { ...set, metadata: { ...set.metadata, deletionTimestamp: AT_NOON } };
}
