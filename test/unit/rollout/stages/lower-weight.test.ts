import { expect } from "chai";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import { annotate, aShop, image } from "../../../support/shop.ts";

describe("a plan that grants less than before", () => {
  it("takes the weight back at once, though pods are missing", () => {
    const shop = aShop({ annotations: { "serin.dev/steps": "50:10m, 80" } });
    shop.request("web", image("web:2"));
    shop.runTo(50);
    shop.quota = 6;
    shop.losePods(shop.get("replicasets", "web-h2"), 2);

    // At this instant the routes still give what was granted before.
    shop.check = () => {};
    shop.request("web", annotate("serin.dev/steps", "40:10m, 80"));
    shop.control();

    const [route] = shop.routes();
    expect(route && shareOf(route, "uid-web")?.weight).to.equal(40);
  });

  it("ends the copies at once, though pods are missing", () => {
    const shop = aShop({ annotations: { "serin.dev/steps": "50", "serin.dev/mirror": "20%" } });
    const cilium = "io.cilium/gateway-controller";
    shop.put("httproutes", {
      ...shop.get("httproutes", "web"),
      status: { parents: [{ controllerName: cilium }] },
    });
    shop.follow();
    const share = () => shareOf(shop.get("httproutes", "web"), "uid-web");
    shop.request("web", image("web:2"));
    for (let i = 0; i < 50 && share()?.mirror === undefined; i += 1) shop.run(1);
    expect(share()?.mirror).to.equal(20);
    shop.quota = 5;
    shop.losePods(shop.get("replicasets", "web-h2"), 2);

    shop.check = () => {};
    shop.request("web", ({ metadata: { annotations = {}, ...metadata }, ...rest }) => {
      const { "serin.dev/mirror": _mirror, ...others } = annotations;
      return { ...rest, metadata: { ...metadata, annotations: others } };
    });
    shop.control();

    expect(share()).to.include({ weight: 0 }).and.not.have.property("mirror");
  });
});
