import { expect } from "chai";
import type { Kube } from "../../../../kube/client/api.ts";
import { listReplicaSets } from "../../../../kube/client/replica-sets.ts";
import { replicaSets } from "../../../../kube/core/resources.ts";
import { FakeApi } from "../../../support/api.ts";
import { aDeployment, aReplicaSet } from "../../../support/builders.ts";

describe("the ReplicaSets of a Deployment", () => {
  let api: FakeApi;
  let kube: Kube;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
  });
  afterEach(async () => {
    await kube.close();
    await api.stop();
  });

  const add = (name: string, uid: string, controller: boolean, labels: Record<string, string>) => {
    const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid, controller };
    api.add(replicaSets, aReplicaSet({ meta: { name, labels, ownerReferences: [owner] } }));
  };
  const deployment = (matchExpressions?: { key: string; operator: "Exists" }[]) => {
    const { spec, ...rest } = aDeployment();
    const selector = matchExpressions === undefined ? spec.selector : { matchExpressions };
    return { ...rest, spec: { ...spec, selector } };
  };
  const names = async (of = deployment()) =>
    (await listReplicaSets(kube, of)).map(({ metadata }) => metadata.name);

  it("are those that its selector finds and whose controller it is", async () => {
    add("own", "uid-web", true, { app: "web" });
    add("another-namesake", "uid-old", true, { app: "web" });
    add("owned-by-hand", "uid-web", false, { app: "web" });
    add("released", "uid-web", true, { app: "api" });
    expect(await names()).to.deep.equal(["own"]);
  });

  it("are found by matchExpressions as well", async () => {
    add("own", "uid-web", true, { tier: "front" });
    add("other", "uid-web", true, { app: "web" });
    expect(await names(deployment([{ key: "tier", operator: "Exists" }]))).to.deep.equal(["own"]);
  });
});
