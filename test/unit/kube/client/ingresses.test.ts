import { expect } from "chai";
import type { Kube } from "../../../../kube/client/api.ts";
import { ApiError } from "../../../../kube/client/errors.ts";
import { listIngresses, listLeading } from "../../../../kube/client/ingresses.ts";
import { servicesOfIngress } from "../../../../kube/core/ingresses.ts";
import type { KubeObject } from "../../../../kube/core/meta.ts";
import type { Resource } from "../../../../kube/core/resources.ts";

const proxy = { metadata: { name: "old" }, spec: { routes: [{ services: [{ name: "web" }] }] } };
const ingress = { metadata: { name: "older" }, spec: { defaultBackend: { service: { name: "web" } } } };

/** A server whose answer to a list of HTTPProxies is this one. */
function serverOf(answer: () => readonly KubeObject[]): Pick<Kube, "list"> {
  const list = async (
    { plural }: Resource,
    ...[, , pick]: [unknown, unknown, (object: KubeObject, bytes: number) => KubeObject]
  ) => {
    const found = plural === "httpproxies" ? answer() : [ingress];
    return { items: found.map((object) => pick(object, 1)), resourceVersion: "1" };
  };
  return { list } as unknown as Pick<Kube, "list">;
}

const refusing = (status: number) =>
  serverOf(() => {
    throw new ApiError(status, "", "no");
  });

describe("what leads to the Services of a namespace beside the routes", () => {
  it("are Ingresses, and HTTPProxies where the gateway counts both together with the routes", async () => {
    const kube = serverOf(() => [proxy]);
    const leading = await listLeading(kube, "shop");
    expect(leading.map(({ kind, metadata }) => [kind, metadata.name])).to.deep.equal([
      [undefined, "older"],
      ["HTTPProxy", "old"],
    ]);
    for (const one of leading) expect([...servicesOfIngress(one)]).to.deep.equal(["web"]);
    expect(await listIngresses(kube, "shop")).to.have.length(1);
  });

  for (const status of [403, 404])
    it(`are Ingresses alone if the API server answers ${status} for the other kind`, async () => {
      expect(await listLeading(refusing(status), "shop")).to.have.length(1);
    });

  it("are not known if the API server has another trouble", async () => {
    const error = await listLeading(refusing(500), "shop").catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ApiError);
  });
});
