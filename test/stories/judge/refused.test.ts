import { expect } from "chai";
import { onEachGatewayAtOnce } from "../../cluster/fixture.ts";
import { openScene, release, type Scene } from "./release.ts";

const RPS = 50;
/** The time (s) before the rollout by which Serin knows the usual share. */
const KNOWN_S = 30;

onEachGatewayAtOnce("a release whose answers are 4xx", function (gateway) {
  this.timeout(300_000);
  let scene: Scene | undefined;
  afterEach(async () => {
    await scene?.shop.close();
    scene = undefined;
  });

  it("is promoted if they are like those of the stable version, and rolled back if all answers are a 404", async () => {
    const image = "app:v1-err2-status404";
    scene = await openScene("refused", { gateway, rps: 200, image, steps: "50", interval: "10s" });
    const like = await release(scene, "app:v2-err2-status404", 90_000);
    expect(like.outcome, like.message).to.equal("promoted");
    await scene.shop.atRest();
    const found = await release(scene, "app:v3-err100-status404", 60_000);
    expect(found.outcome, found.message).to.equal("rolled back");
    expect(found.message).to.match(
      /^rolled back at 50% after [\dms]+: 4xx answers\. canary (\d+) of \1 requests got a 4xx answer or none \(100\.00%\), stable/,
    );
    expect(found.unanswered).to.equal(0);
  });

  it("is judged the same where it gets all requests, by the answers of the stable version before", async () => {
    const image = "app:v1-err2-status404";
    scene = await openScene("refused-alone", { gateway, rps: RPS, image, steps: "100", interval: "10s" });
    const { shop, load } = scene;
    await shop.answered(load, Date.now(), KNOWN_S * RPS);
    const like = await release(scene, "app:v2-err2-status404", 90_000);
    expect(like.outcome, like.message).to.equal("promoted");
    await shop.atRest();
    const found = await release(scene, "app:v3-err100-status404", 60_000);
    expect(found.outcome, found.message).to.equal("rolled back");
    expect(found.message).to.match(
      /^rolled back at 100% after [\dms]+: 4xx answers\. canary (\d+) of \1 requests got a 4xx answer or none \(100\.00%\), stable at worst/,
    );
    expect(found.unanswered).to.equal(0);
  });
});
