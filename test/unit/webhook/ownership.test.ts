import { expect } from "chai";
import type { KubeObject, ManagedField } from "../../../kube/core/meta.ts";
import { admitOwnWrites } from "../../../webhook/ownership.ts";

const applied: ManagedField = { manager: "kubectl", operation: "Apply" };
const serin: ManagedField = { manager: "serin", operation: "Update" };
const status: ManagedField = { manager: "serin", operation: "Update", subresource: "status" };

async function fieldsAfter(managedFields: ManagedField[]): Promise<ManagedField[] | undefined> {
  const object: KubeObject = { kind: "HTTPRoute", metadata: { name: "web", managedFields }, spec: {} };
  const kind = { group: "gateway.networking.k8s.io", version: "v1", kind: "HTTPRoute" };
  const answer = await admitOwnWrites({ uid: "1", operation: "UPDATE", kind, object, oldObject: object });
  if (!answer.allowed) throw new Error(answer.message);
  return (answer.object ?? object).metadata.managedFields;
}

describe("webhook/ownership", () => {
  it("leaves fields to users that apply them server-side", async () => {
    expect(await fieldsAfter([applied, serin, status])).to.deep.equal([applied, status]);
  });

  it("changes nothing without a server-side apply", async () => {
    expect(await fieldsAfter([{ ...applied, operation: "Update" }, serin])).to.have.length(2);
    expect(await fieldsAfter([applied, status])).to.deep.equal([applied, status]);
  });
});
