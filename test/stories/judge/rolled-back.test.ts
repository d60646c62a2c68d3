import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { onEachGatewayAtOnce } from "../../cluster/fixture.ts";
import { openScene, release, type Scene } from "./release.ts";

/** Long enough to know the usual latency. */
const USUAL_MS = 15_000;

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
    scene = await openScene("latency", {
      gateway,
      rps: 200,
      image: "app:v1-err0.1-spread200",
      interval: "5m",
    });
    await sleep(USUAL_MS);
    // A machine at its limit adds latency to both versions, so the judge needs longer to tell them apart.
    const found = await release(scene, "app:v2-err0.1-spread280", 180_000);
    expect(found.outcome, found.message).to.equal("rolled back");
    expect(found.message).to.match(
      /^rolled back at 10% after [\dms]+: latency\. canary \d+ of \d+ requests took longer than \d+ms/,
    );
    expect(found.unanswered).to.equal(0);
  });
});
