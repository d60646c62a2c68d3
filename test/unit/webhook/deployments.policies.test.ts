import { expect } from "chai";
import type { Kube } from "../../../kube/client/api.ts";
import { httpRoutes, namespaces, replicaSets, services } from "../../../kube/core/resources.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import type { RouteIndex } from "../../../kube/runtime/route-index.ts";
import { withHoldRecord } from "../../../rollout/workload/hold-record.ts";
import type { FakeApi } from "../../support/api.ts";
import { askWebhook } from "../../support/ask-webhook.ts";
import { aDeployment, aHeld, aReplicaSet, aRoute, aService, ownedByWeb } from "../../support/builders.ts";
import { eventually } from "../../support/eventually.ts";
import { openFollowed } from "../../support/route-index.ts";

const group = "gateway.networking.k8s.io";
const backendTlsPolicies = { group, version: "v1", plural: "backendtlspolicies" };

describe("webhook/deployments, with policies", () => {
  let api: FakeApi;
  let kube: Kube;
  let index: RouteIndex;
  let close: () => Promise<void>;
  let discoveries: number;
  beforeEach(async () => {
    const opened = await openFollowed();
    ({ api, index, close } = opened);
    discoveries = 0;
    kube = {
      ...opened.kube,
      async discover() {
        discoveries += 1;
        return new Map([[group, [{ version: "v1", plurals: ["backendtlspolicies"] }]]]);
      },
    };
    const set = aReplicaSet();
    api.add(replicaSets, { ...set, metadata: { ...set.metadata, ownerReferences: [ownedByWeb] } });
    api.add(services, aService());
    api.add(namespaces, { metadata: { name: "shop" } });
    api.add(httpRoutes, aRoute());
  });
  afterEach(() => close());

  const ask = (object: Deployment, oldObject: Deployment) =>
    askWebhook({ kube, index }, object, oldObject, { dryRun: true });
  const policyFor = (...names: string[]) =>
    api.put(backendTlsPolicies, {
      metadata: { name: "tls", namespace: "shop" },
      spec: { targetRefs: names.map((name) => ({ group: "", kind: "Service", name })) },
    });

  it("refuses a new rollout that a policy would pass by", async () => {
    policyFor("web");
    expect(await ask(aDeployment({ image: "web:2" }), aDeployment())).to.deep.include({ allowed: false });
    policyFor("web", "web-canary");
    expect(await ask(aDeployment({ image: "web:2" }), aDeployment())).to.deep.include({ allowed: true });
  });

  it("refuses a version that supersedes another one, too, but never the stable one", async () => {
    policyFor("web");
    const inFlight = withHoldRecord(aDeployment({ image: "web:2" }), aHeld(), aDeployment());
    expect(await ask(aDeployment({ image: "web:3" }), inFlight)).to.deep.include({ allowed: false });
    discoveries = 0;
    expect(await ask(aDeployment(), inFlight)).to.deep.include({ allowed: true });
    expect(discoveries).to.equal(0);
  });

  it("asks nothing about policies without a route", async () => {
    policyFor("web");
    api.remove(httpRoutes, "shop/web");
    await eventually("no route", () => index.around(["shop/web"], "").length === 0);
    expect(await ask(aDeployment({ image: "web:2" }), aDeployment())).to.deep.include({ allowed: true });
    expect(discoveries).to.equal(0);
  });
});
