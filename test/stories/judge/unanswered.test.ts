import { expect } from "chai";
import { onEachGatewayAtOnce } from "../../cluster/fixture.ts";
import { followed } from "../followed.ts";
import { measured } from "../measured.ts";
import { openScene, type Scene, start } from "./release.ts";

/** The time (s) before the rollout by which Serin knows how many requests to expect. */
const KNOWN_S = 45;

const ENDED = /: neither version has answered a request for [\dms]+, since the first weight/;
/** Traefik counts a request whose client has given up; Envoy counts nothing. */
const GIVEN_UP = /: 4xx answers\. canary (\d+) of \1 requests/;
const MISSING =
  /: the canary receives no requests .* the missing ones may wait for a canary that does not answer/;

/** The versions by their share, with what the gateway shows of the requests that wait. */
const versions = [
  // So few that each request that waits for an answer has a connection of its own until its client gives up.
  { gets: "all requests", steps: "100", rps: 5, says: { traefik: ENDED, contour: ENDED } },
  { gets: "half of the requests", steps: "50", rps: 20, says: { traefik: GIVEN_UP, contour: MISSING } },
];

for (const { gets, steps, rps, says } of versions)
  onEachGatewayAtOnce(`a version that gets ${gets} and answers none`, function (gateway) {
    this.timeout(300_000);
    let scene: Scene | undefined;
    afterEach(async () => {
      await scene?.shop.close();
      scene = undefined;
    });

    it("is rolled back, and its users get answers of the stable version again", async function () {
      scene = await openScene("unanswered", { gateway, rps, image: "app:v1", steps, interval: "5s" });
      const { shop, load } = scene;
      await shop.answered(load, Date.now(), KNOWN_S * rps);
      // Its pods count as ready, and take ten minutes for each answer.
      const tag = "v2-lat600000";
      const from = await start(shop, `app:${tag}`);
      await shop.until("the verdict", () => shop.record(tag)?.outcome === "failed", 120_000);
      expect(shop.record(tag)?.message)
        .to.match(/^rolled back at (50|100)% after [\dms]+: /)
        .and.match(says[gateway]);
      await shop.until("the route as it was", () => shop.weight() === undefined);
      const since = await followed(shop);
      await shop.answered(load, since, 50);
      expect(load.since(since).failed, "requests that fail afterwards").to.equal(0);
      const { failed } = load.between(from, since);
      measured(this, `${failed} requests without an answer in ${Math.round((since - from) / 1_000)} s`);
    });
  });
