import { expect } from "chai";
import { ask } from "../cluster/ask.ts";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { Shop } from "./shop.ts";

// The tolerance of the Gateway API's conformance test of weights, and more requests than it sends: Envoy draws a backend for
// each, and 500 draws at 50 % miss the tolerance once in 40 times. So many miss it once in 100,000 times.
const REQUESTS = 2_000;
const AT_ONCE = 20;
const TOLERANCE = 0.05;
const STEPS = [1, 10, 30, 50, 90, 100];

onEachGatewayAtOnce("weights", function (gateway) {
  this.timeout(180_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("weights", { gateway });
    const steps = STEPS.map((step) => `${step}:10m`).join(", ");
    await shop.deploy({
      interval: "1s",
      plan: { "serin.dev/steps": steps, "serin.dev/compare": "off", "serin.dev/checks": "none" },
    });
  });
  after(() => shop?.close());

  it("are what the gateway does at every step", async () => {
    expect(await shareOf("v2"), "share before").to.equal(0);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    for (let left = STEPS; left.length > 0; left = left.slice(1)) {
      const [step = 0] = left;
      // The step before leaves the plan, so this step takes its place.
      const rest = left.map((it) => `${it}:10m`).join(", ");
      await shop.run("annotate", "deployment/web", "--overwrite", `serin.dev/steps=${rest}`);
      await shop.weighs(step);
      expect(await shareOf("v2"), `share at ${step}%`).to.be.closeTo(step / 100, TOLERANCE);
    }
    await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
    await shop.until(
      "the end",
      () => shop.condition()?.reason === "RolledBack" && shop.weight() === undefined,
    );
    expect(await shareOf("v2"), "share after").to.equal(0);
  });

  async function shareOf(version: string): Promise<number> {
    let canary = 0;
    const client = async () => {
      for (let sent = 0; sent < REQUESTS / AT_ONCE; sent += 1) {
        const reply = await ask(shop.url, { host: shop.host() });
        expect(reply.status, "status").to.equal(200);
        if (reply.version === version) canary += 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, client));
    return canary / REQUESTS;
  }
});
