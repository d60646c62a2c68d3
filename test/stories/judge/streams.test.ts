import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { measured } from "../measured.ts";
import { openScene, release, type Scene } from "./release.ts";

const RPS = 100;
/** The streams that begin in a second, and how long (ms) each client listens. */
const STREAMS = { rps: 30, forMs: 1_500 };
const KNOWN_S = 20;

describeCluster("a healthy version whose clients end their streams, on contour", function () {
  this.timeout(300_000);
  let scene: Scene | undefined;
  afterEach(async () => {
    await scene?.shop.close();
    scene = undefined;
  });

  it("is promoted, although Envoy resets each of these streams as it does requests without an answer", async function () {
    scene = await openScene("streams", {
      ...{ gateway: "contour", rps: RPS, image: "app:v1", steps: "50", interval: "10s" },
    });
    const { shop, load } = scene;
    const streams = shop.load(STREAMS.rps, "web", "/stream", STREAMS.forMs);
    await shop.answered(load, Date.now(), KNOWN_S * RPS);
    const from = Date.now();
    const { outcome, message, seconds } = await release(scene, "app:v2", 180_000);
    expect(outcome, message).to.equal("promoted");
    const heard = [...streams.rows(from)].filter(({ version }) => version === "v2");
    expect(heard.length, "streams of the canary").to.be.above(20);
    const lasting = heard.filter(({ latencyMs }) => latencyMs > STREAMS.forMs / 2);
    expect(lasting, "those that their clients ended").to.have.length(heard.length);
    expect(load.since(from).failed).to.equal(0);
    measured(this, `${heard.length} streams of the canary ended by their clients in ${seconds} s`);
  });
});
