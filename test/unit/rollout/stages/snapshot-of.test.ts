import { expect } from "chai";
import type { Meta } from "../../../../kube/core/meta.ts";
import { FLIGHT, HELD, RUN } from "../../../../rollout/keys.ts";
import { type RawSnapshot, snapshotOf } from "../../../../rollout/stages/snapshot-of.ts";
import { canaryServiceOf } from "../../../../rollout/traffic/canary-service.ts";
import { isolationPatch } from "../../../../rollout/traffic/isolation.ts";
import { formatHoldRecord } from "../../../../rollout/workload/hold-record.ts";
import { formatRun, type RunRecord } from "../../../../rollout/workload/run-record.ts";
import {
  AT_NOON,
  aDeployment,
  aHeld,
  aReplicaSet,
  aRoute,
  aService,
  NOON,
} from "../../../support/builders.ts";
import { carrying } from "../../../support/rollout.ts";

const uid = "uid-web";
const owner = (of = uid) => [
  { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: of, controller: true },
];
const run: RunRecord = {
  started: AT_NOON,
  outcome: "running",
  step: 0,
  stepSince: AT_NOON,
  stable: "web1",
  message: "",
};
const held = { [HELD]: formatHoldRecord(aHeld()) };
const deployment = aDeployment({ image: "web:2", annotations: held });
const stable = aReplicaSet({ meta: { ownerReferences: owner() } });
const canary = aReplicaSet({
  image: "web:2",
  replicas: 1,
  meta: { ownerReferences: owner(), annotations: { [RUN]: formatRun(run) } },
});
const podOf = (name: string, hash: string, set = `uid-${hash}`) => ({
  metadata: {
    name,
    namespace: "shop",
    labels: { "pod-template-hash": hash },
    ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "set", uid: set, controller: true }],
  },
});
const isolated = (name: string, mark = uid) => {
  const service = aService({ meta: { name } });
  const { metadata, spec } = isolationPatch(service, mark, "web1", AT_NOON);
  return {
    ...service,
    metadata: { ...service.metadata, ...metadata } as Meta,
    spec: { ...service.spec, ...spec },
  };
};
const raw: RawSnapshot = {
  now: NOON,
  deployment,
  replicaSets: [stable, canary],
  services: [aService()],
  marked: [],
  routes: [aRoute()],
  grants: [],
  endpointSlices: [],
  pods: [podOf("old", "web1"), podOf("new", "web2"), podOf("other", "api1")],
};
const names = (objects: readonly { metadata: Meta }[] = []) => objects.map(({ metadata }) => metadata.name);

describe("the snapshot of a rollout", () => {
  it("does not exist at rest", () => {
    expect(snapshotOf({ ...raw, deployment: aDeployment() })).to.equal(undefined);
  });

  describe("keeps an isolated Service that a route names", () => {
    const withService = (annotations: Record<string, string>, plan: Record<string, string> = {}) => {
      const service = isolated("web");
      const web = {
        ...service,
        metadata: { ...service.metadata, annotations: { ...service.metadata.annotations, ...annotations } },
      };
      const named = aDeployment({ image: "web:2", annotations: { ...held, ...plan } });
      return { ...raw, deployment: named, services: [web], marked: [web] };
    };
    const changes: [string, RawSnapshot][] = [
      ["its owner annotates it serin.dev/isolate: false", withService({ "serin.dev/isolate": "false" })],
      ["the plan names others", withService({}, { "serin.dev/services": "api" })],
    ];
    for (const [what, changed] of changes)
      it(`though ${what} in flight: released, it would lead to the canary beyond any weight`, () => {
        const snapshot = snapshotOf(changed);
        expect(names(snapshot?.services)).to.deep.equal(["web"]);
        expect(names(snapshot?.routes)).to.deep.equal(["web"]);
        expect(snapshot?.formerServices).to.deep.equal([]);
        const unrouted = snapshotOf({ ...changed, routes: [] });
        expect(names(unrouted?.services), "without a route").to.deep.equal([]);
        expect(names(unrouted?.formerServices)).to.deep.equal(["web"]);
      });
  });

  it("knows the routes to its Services that the plan leaves out", () => {
    const planned = aDeployment({ image: "web:2", annotations: { ...held, "serin.dev/routes": "web" } });
    const routes = [
      aRoute(),
      aRoute({ meta: { name: "admin" } }),
      aRoute({ meta: { name: "api" }, backends: [{ name: "api", port: 80 }] }),
    ];
    const snapshot = snapshotOf({ ...raw, deployment: planned, routes });
    expect(names(snapshot?.routes)).to.deep.equal(["web"]);
    expect(names(snapshot?.leftOutRoutes)).to.deep.equal(["admin"]);
  });

  it("names both versions, their pods and the run record", () => {
    const snapshot = snapshotOf(raw);
    expect(snapshot).to.include({ uid, canary, stable, judged: canary, canaryHash: "web2" });
    expect(snapshot?.run).to.deep.equal(run);
    expect(names(snapshot?.pods)).to.deep.equal(["new"]);
    expect(names(snapshot?.stablePods)).to.deep.equal(["old"]);
  });

  it("leaves out pods that carry a version's hash and belong to another object", () => {
    const { ownerReferences: _none, ...bare } = podOf("bare", "web2").metadata;
    const others = [podOf("collision", "web2", "uid-api1"), { metadata: bare }];
    expect(names(snapshotOf({ ...raw, pods: [...others, podOf("new", "web2")] })?.pods)).to.deep.equal([
      "new",
    ]);
  });

  it("keeps the judged version as the canary while no ReplicaSet has the Deployment's template", () => {
    const other = { ...raw, deployment: aDeployment({ image: "web:3", annotations: held }) };
    const snapshot = snapshotOf({ ...other, routes: [carrying(aRoute(), 10, NOON)] });
    expect(snapshot).to.include({ canary, stable, judged: canary, canaryHash: "web2" });
    expect(names(snapshot?.pods)).to.deep.equal(["new"]);
    expect(snapshot?.judgeInput).to.deep.include({ uid, from: NOON });
    const undone = { [HELD]: formatHoldRecord(aHeld({ phase: "undone" })) };
    const ended = snapshotOf({ ...other, deployment: aDeployment({ image: "web:3", annotations: undone }) });
    expect(ended).to.include({ canary: undefined, judged: canary });
  });

  it("has no canary's pods after an undo, and still the judged version", () => {
    const undone = aDeployment({ annotations: held });
    const snapshot = snapshotOf({ ...raw, deployment: undone });
    expect(snapshot).to.include({ canary: stable, stable, judged: canary });
    expect(snapshot?.pods).to.deep.equal([]);
    expect(snapshot?.stablePods).to.deep.equal([]);
  });

  it("ignores the run record of an earlier rollout", () => {
    const annotations = { [RUN]: formatRun({ ...run, started: "2025-12-31T12:00:00.000Z" }) };
    const earlier = { ...canary, metadata: { ...canary.metadata, annotations } };
    const snapshot = snapshotOf({ ...raw, replicaSets: [stable, earlier] });
    expect(snapshot).to.include({ judged: undefined, run: undefined, judgeInput: undefined });
  });

  it("ignores the ReplicaSets of another Deployment, whatever marks they carry", () => {
    const labels = { ...stable.metadata.labels, [FLIGHT]: uid };
    const forged = aReplicaSet({ hash: "web9", meta: { labels, ownerReferences: owner("uid-other") } });
    expect(names(snapshotOf({ ...raw, replicaSets: [stable, canary, forged] })?.replicaSets)).to.deep.equal(
      names([stable, canary]),
    );
  });

  it("has the share of this rollout in each route, and asks the metrics once the canary has traffic", () => {
    expect(snapshotOf(raw)?.judgeInput).to.equal(undefined);
    const routes = [carrying(aRoute(), 10, NOON), aRoute({ meta: { name: "other" } })];
    const snapshot = snapshotOf({ ...raw, routes });
    expect(names([...(snapshot?.shares.keys() ?? [])])).to.deep.equal(["web"]);
    expect(snapshot?.judgeInput).to.deep.include({ uid, from: NOON });
  });

  it("has the plan's routes, and every route with a share, even if the plan leaves it out", () => {
    const annotations = { ...held, "serin.dev/routes": "web" };
    const routes = ["web", "other", "carried"].map((name) => aRoute({ meta: { name } }));
    const [web, other, third] = routes as [(typeof routes)[0], (typeof routes)[0], (typeof routes)[0]];
    const snapshot = snapshotOf({
      ...raw,
      deployment: aDeployment({ image: "web:2", annotations }),
      routes: [web, other, carrying(third, 10, NOON)],
    });
    expect(names(snapshot?.routes)).to.deep.equal(["web", "carried"]);
  });

  it("parts the plan's Services from isolated ones that the plan leaves out, and from canary Services", () => {
    const annotations = { ...held, "serin.dev/services": "web" };
    const marked = [isolated("web"), isolated("admin"), isolated("stranger", "uid-other")];
    const own = canaryServiceOf(aService(), deployment, "web2");
    const snapshot = snapshotOf({
      ...raw,
      deployment: aDeployment({ image: "web:2", annotations }),
      services: marked,
      marked: [...marked, own],
    });
    expect(names(snapshot?.services)).to.deep.equal(["web"]);
    expect(names(snapshot?.formerServices)).to.deep.equal(["admin"]);
    expect(names(snapshot?.canaryServices)).to.deep.equal(["web-canary"]);
  });
});
