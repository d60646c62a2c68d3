import { expect } from "chai";
import type { ManagedField } from "../../../../kube/core/meta.ts";
import { deployments } from "../../../../kube/core/resources.ts";
import { disown } from "../../../../kube/runtime/apply.ts";
import { FakeApi } from "../../../support/api.ts";
import { aDeployment } from "../../../support/builders.ts";

const applier: ManagedField = { manager: "kubectl", operation: "Apply" };
const own: ManagedField = { manager: "serin", operation: "Update" };
const status: ManagedField = { manager: "gateway", operation: "Update", subresource: "status" };

describe("kube/runtime/apply", () => {
  it("removes Serin's entry from an object that another client has changed since the write", async () => {
    const api = await FakeApi.start();
    const kube = api.connect();
    const stored = api.add(deployments, aDeployment({ meta: { managedFields: [applier, own] } }));
    api.change(deployments, "shop/web", { metadata: { managedFields: [status, applier, own] } });
    await disown(kube, deployments, { namespace: "shop", name: "web", fieldManager: "serin" }, stored);
    const { metadata } = api.store.get("apps/v1/deployments", "shop/web");
    expect(metadata.managedFields).to.deep.equal([status, applier]);
    expect(api.requests.map(({ method }) => method)).to.deep.equal(["PATCH", "GET", "PATCH"]);
    await kube.close();
    await api.stop();
  });
});
