import { expect } from "chai";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import { followed } from "./followed.ts";
import { expectNoFailures, expectShare } from "./share.ts";
import { Shop } from "./shop.ts";
import { expectAllServed, expectVersion } from "./users.ts";

onEachGatewayAtOnce("a canary with testers", function (gateway) {
  this.timeout(150_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("testers", { gateway });
  });
  after(() => shop?.close());

  it("gets its testers from the first pause to the promotion, and its weights of all other users", async () => {
    const match = "header x-tester=yes, cookie tester=yes";
    const unjudged = { "serin.dev/compare": "off", "serin.dev/checks": "none" };
    await shop.deploy({
      interval: "10s",
      plan: { "serin.dev/steps": "pause, 20:10m, 50:10m", "serin.dev/match": match, ...unjudged },
    });
    const before = await shop.manifest("httproutes");
    const testers = shop.users(
      [
        { name: "by header", headers: { "x-tester": "yes" } },
        { name: "by cookie", headers: { cookie: "a=1; tester=yes" } },
      ],
      60,
    );
    const others = shop.load(350);
    await shop.run("set", "image", "deployment/web", "app=app:v2");

    await shop.until("the pause", () =>
      shop.condition()?.message?.startsWith("holding at the matching users: paused by the plan"),
    );
    // A busy gateway may follow later than Serin expects of it.
    const from = await followed(shop);
    const paused = Math.max(await shop.answered(others, from, 2_000), await testers.visited(from, 200));
    expect(others.between(from, paused).byVersion).to.have.all.keys("v1");
    expectVersion(testers.between(from, paused), "v2", 200);
    await shop.run("rollout", "resume", "deployment/web");
    for (const weight of [20, 50]) {
      const reached = await shop.weighs(weight);
      expectShare(others.between(reached, await shop.answered(others, reached, 3_000)), "v2", weight / 100);
      if (weight === 20) await shop.run("annotate", "deployment/web", "serin.dev/advance=2/2");
    }
    const to = await testers.visited(from, 800);
    expectVersion(testers.between(from, to), "v2", 800);
    // Not earlier: once the canary is proven, both versions serve all users.
    await shop.promote();
    const rest = await followed(shop);
    expectVersion(testers.between(rest, await testers.visited(rest, 60)), "v2", 60);
    await expectAllServed(testers);
    await expectNoFailures(others);
    expect(await shop.manifest("httproutes")).to.deep.equal(before);
  });
});
