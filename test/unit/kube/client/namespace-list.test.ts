import { expect } from "chai";
import type { Kube } from "../../../../kube/client/api.ts";
import { listNamespace } from "../../../../kube/client/namespace-list.ts";
import type { KubeObject } from "../../../../kube/core/meta.ts";
import { services } from "../../../../kube/core/resources.ts";

const filler = "x".repeat(255_000);

/** A server with so many long Services; it counts the ones that were taken. */
function serverOf(count: number) {
  const seen = { taken: 0 };
  const list = async (
    ...[, , , pick]: [unknown, unknown, unknown, (object: KubeObject, bytes: number) => KubeObject]
  ) => {
    const items = Array.from({ length: count }, (_, i) => {
      seen.taken += 1;
      const object = { metadata: { name: `s-${i}`, annotations: { filler }, managedFields: [] } };
      return pick(object, JSON.stringify(object).length);
    });
    return { items, resourceVersion: "1" };
  };
  return { kube: { list } as unknown as Pick<Kube, "list">, seen };
}

const where = { namespace: "evil" };
const nameOnly = ({ metadata: { name } }: KubeObject): KubeObject => ({ metadata: { name } });

describe("kube/namespace-list", () => {
  it("keeps what fits, without managedFields", async () => {
    const found = await listNamespace<KubeObject>(serverOf(10).kube, services, where);
    expect(found).to.have.length(10);
    expect(found[0]?.metadata).to.have.keys("name", "annotations");
  });

  it("stops when the objects are too long together, and names the namespace and the kind", async () => {
    const { kube, seen } = serverOf(2_000);
    const error = await listNamespace(kube, services, where).catch((thrown: Error) => thrown);
    expect(error)
      .to.be.an("error")
      .with.property("message")
      .that.equals(
        "the services of namespace evil have more than 4194304 characters together: make them shorter or fewer",
      );
    expect(seen.taken).to.be.below(20);
  });

  it("reads more of objects that it reduces, but not without an end", async () => {
    expect(await listNamespace(serverOf(100).kube, services, where, nameOnly)).to.have.length(100);
    const { kube, seen } = serverOf(2_000);
    const error = await listNamespace(kube, services, where, nameOnly).catch((thrown: Error) => thrown);
    expect(error).to.be.an("error").with.property("message").that.includes("more than 67108864 characters");
    expect(seen.taken).to.be.below(300);
  });
});
