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
});
