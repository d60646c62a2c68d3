import { expect } from "chai";
import type { Kube } from "../../../../kube/client/api.ts";
import { listStrangers } from "../../../../kube/client/strangers.ts";
import { endpointSlices, pods, replicaSets } from "../../../../kube/core/resources.ts";
import { FakeApi } from "../../../support/api.ts";
import { aDeployment, aReplicaSet, ownedByWeb } from "../../../support/builders.ts";

const controller = (kind: string, name: string, uid = `uid-${name}`) => ({
  apiVersion: "v1",
  kind,
  name,
  uid,
  controller: true,
});
const own = { ...aReplicaSet(), metadata: { ...aReplicaSet().metadata, ownerReferences: [ownedByWeb] } };
const pod = (
  name: string,
  owner?: ReturnType<typeof controller>,
  more: { labels?: object; ready?: string; gone?: boolean } = {},
) => ({
  metadata: {
    name,
    namespace: "shop",
    labels: { app: "web", ...more.labels },
    ...(owner && { ownerReferences: [owner] }),
    ...(more.gone && { deletionTimestamp: "2026-01-01T12:00:00Z" }),
  },
  status: { conditions: [{ type: "Ready", status: more.ready ?? "True" }] },
});
const slice = (name: string, manager: string, ready = true) => ({
  metadata: {
    name,
    namespace: "shop",
    labels: { "kubernetes.io/service-name": "web", "endpointslice.kubernetes.io/managed-by": manager },
  },
  endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready } }],
});

describe("who else stands behind a Service", () => {
  let api: FakeApi;
  let kube: Kube;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    api.add(replicaSets, own);
    api.add(
      pods,
      pod("web-web1-a", controller("ReplicaSet", "web-web1", "uid-web1"), {
        labels: { "pod-template-hash": "web1" },
      }),
    );
    api.add(endpointSlices, slice("web-abc", "endpointslice-controller.k8s.io"));
  });
  afterEach(async () => {
    await kube.close();
    await api.stop();
  });
  const found = async () => {
    const all = await listStrangers(kube, aDeployment(), new Map([["web", { app: "web" }]]), [own]);
    return all.map(({ service, kind, name }) => `${service}: ${kind} ${name}`);
  };

  it("is no one as a rule, for two requests without an object in their answers", async () => {
    expect(await found()).to.deep.equal([]);
    expect(api.requests.map(({ path }) => path.split("/").at(-1))).to.have.members([
      "pods",
      "endpointslices",
    ]);
  });

  it("is found by one request for all Services with the same selector", async () => {
    api.add(pods, pod("legacy-0", controller("StatefulSet", "legacy")));
    const selectors = new Map([
      ["web", { app: "web" }],
      ["web-headless", { app: "web" }],
      ["front", { tier: "front" }],
    ]);
    const all = await listStrangers(kube, aDeployment(), selectors, [own]);
    const behind = all.map(({ service, kind, name }) => `${service}: ${kind} ${name}`);
    expect(behind).to.deep.equal(["web: StatefulSet legacy", "web-headless: StatefulSet legacy"]);
    expect(api.requests.filter(({ path }) => path.endsWith("/pods"))).to.have.length(2);
  });

  for (const kind of ["StatefulSet", "DaemonSet", "Job"])
    it(`is a ${kind}, once for all its pods`, async () => {
      for (const name of ["legacy-0", "legacy-1"]) api.add(pods, pod(name, controller(kind, "legacy")));
      expect(await found()).to.deep.equal([`web: ${kind} legacy`]);
    });

  it("is the owner of a ReplicaSet, as an Argo Rollout or another Deployment", async () => {
    const set = {
      ...aReplicaSet({ hash: "x" }),
      metadata: {
        name: "shop-x",
        namespace: "shop",
        uid: "uid-x",
        labels: {},
        ownerReferences: [controller("Rollout", "shop")],
      },
    };
    api.add(replicaSets, set);
    api.add(
      pods,
      pod("shop-x-a", controller("ReplicaSet", "shop-x", "uid-x"), { labels: { "pod-template-hash": "x" } }),
    );
    expect(await found()).to.deep.equal(["web: Rollout shop"]);
  });

  it("is a ReplicaSet without an owner, or a bare pod", async () => {
    api.add(pods, pod("bare"));
    api.add(pods, pod("lone-a", controller("ReplicaSet", "lone")));
    expect(await found()).to.have.members(["web: Pod bare", "web: ReplicaSet lone"]);
  });

  it("is not a ReplicaSet of the Deployment that is newer than the list", async () => {
    const newer = {
      ...aReplicaSet({ hash: "web2" }),
      metadata: {
        name: "web-web2",
        namespace: "shop",
        uid: "uid-web2",
        labels: {},
        ownerReferences: [ownedByWeb],
      },
    };
    api.add(replicaSets, newer);
    api.add(
      pods,
      pod("web-web2-a", controller("ReplicaSet", "web-web2", "uid-web2"), {
        labels: { "pod-template-hash": "web2" },
      }),
    );
    expect(await found()).to.deep.equal([]);
  });

  it("is not a pod that is not ready, ends, or has other labels", async () => {
    api.add(pods, pod("slow", undefined, { ready: "False" }));
    api.add(pods, pod("ending", undefined, { gone: true }));
    api.add(pods, pod("api", undefined, { labels: { app: "api" } }));
    expect(await found()).to.deep.equal([]);
  });

  it("is a slice that somebody else keeps, if an address of it is ready", async () => {
    api.add(endpointSlices, slice("web-vm", "me"));
    api.add(endpointSlices, slice("web-down", "me", false));
    expect(await found()).to.deep.equal(["web: EndpointSlice web-vm"]);
  });
});
