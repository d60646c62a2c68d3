import { expect } from "chai";
import { onEachGatewayAtOnce } from "../../cluster/fixture.ts";
import { openScene, release, type Scene } from "./release.ts";

/** So many answers tell the usual latency. */
const USUAL = 3_000;

onEachGatewayAtOnce("a release that is worse than what it replaces", function (gateway) {
  this.timeout(240_000);
  let scene: Scene | undefined;
  afterEach(async () => {
    await scene?.shop.close();
    scene = undefined;
  });

  it("has no traffic 30 s after its first failure if 5 % of its answers fail instead of 0.1 %", async () => {
    scene = await openScene("errors", { gateway, rps: 200, interval: "5m" });
    const found = await release(scene, "app:v2-err5", 60_000);
    expect(found.outcome, found.message).to.equal("rolled back");
    expect(found.secondsFromFailure, "s from the first failure").to.be.at.most(30);
    expect(found.unanswered).to.equal(0);
    expect(found.message).to.match(
      /^rolled back at 10% after [\dms]+: errors\. canary \d+ of \d+ requests failed \(\d+\.\d\d%\), stable \d+ of \d+/,
    );
    expect(scene.shop.condition()).to.include({ status: "False", reason: "RolledBack" });
  });

  it("is rolled back when its p99 is 40 % higher", async () => {
    // Both versions are so slow that the latency which a busy machine adds says little beside their own.
    const image = "app:v1-err0.1-spread800";
    scene = await openScene("latency", { gateway, rps: 200, image, interval: "5m" });
    await scene.shop.answered(scene.load, 0, USUAL);
    const found = await release(scene, "app:v2-err0.1-spread1120", 180_000);
    expect(found.outcome, found.message).to.equal("rolled back");
    expect(found.message).to.match(
      /^rolled back at 10% after [\dms]+: latency\. canary \d+ of \d+ requests took longer than \d+m?s/,
    );
    expect(found.unanswered).to.equal(0);
  });
});
