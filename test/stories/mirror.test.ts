import { expect } from "chai";
import { onEachGateway } from "../cluster/fixture.ts";
import { Shop } from "./shop.ts";

onEachGateway("a mirror", function (gateway) {
  this.timeout(60_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("mirror", { gateway });
    await shop.deploy({ plan: { "serin.dev/mirror": "20%" } });
  });
  after(() => shop?.close());

  it("is refused with the reason if the gateway does not support it", async () => {
    const { code, stderr } = await shop.kubectl("set", "image", "deployment/web", "app=app:v2");
    expect(code).to.equal(1);
    const reason = {
      traefik: "Traefik answers every request of a rule that has a mirror with 500",
      contour: "Contour copies every request, whatever the percentage",
    }[gateway];
    expect(stderr).to.include(`serin.dev/mirror is not possible here: ${reason}`);
    expect(shop.replicaSet("v2"), "pods of the new version").to.equal(undefined);
    expect(await shop.names("services")).to.deep.equal(["web"]);
  });
});
