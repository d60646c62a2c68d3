import { expect } from "chai";
import { onEachGatewayAtOnce } from "../../cluster/fixture.ts";
import { followed } from "../followed.ts";
import { measured } from "../measured.ts";
import { openScene, type Scene, start } from "./release.ts";

/** The time (s) before the rollout by which Serin knows how many requests to expect. */
const KNOWN_S = 45;

const ENDED = /: neither version has answered a request for [\dms]+, since the first weight/;
/** Traefik counts a request whose client has given up; Envoy's counters bound how many there are. */
const GIVEN_UP = /: 4xx answers\. canary (\d+) of \1 requests/;
const UNANSWERED = /: unanswered requests\. canary at least (\d+) of \1 requests got no answer/;
const SOME_UNANSWERED =
  /: unanswered requests\. canary at least \d+ of \d+ requests got no answer \(\d+\.\d+%\), stable at most \d+ of \d+ /;
const SOME_GIVEN_UP = /: 4xx answers\. canary \d+ of \d+ requests got a 4xx answer or none/;

/** The versions by their share, with what the gateway shows of the requests that wait. */
const versions = [
  // Their pods count as ready, and take ten minutes for each answer or never give one. So few requests that each one that
  // waits has a connection of its own until its client gives up.
  {
    title: "gets all requests and answers none",
    tag: "v2-lat600000",
    ...{ steps: "100", rps: 5, says: { traefik: ENDED, contour: ENDED } },
  },
  {
    title: "gets half of the requests and answers none",
    tag: "v2-lat600000",
    ...{ steps: "50", rps: 20, patienceMs: 2_000, says: { traefik: GIVEN_UP, contour: UNANSWERED } },
  },
  {
    title: "gets a fifth of the requests and answers three of ten",
    tag: "v2-hang70",
    ...{
      steps: "20",
      rps: 40,
      patienceMs: 2_000,
      says: { traefik: SOME_GIVEN_UP, contour: SOME_UNANSWERED },
    },
  },
];

for (const { title, tag, says, ...load } of versions)
  onEachGatewayAtOnce(`a version that ${title}`, function (gateway) {
    this.timeout(300_000);
    let scene: Scene | undefined;
    afterEach(async () => {
      await scene?.shop.close();
      scene = undefined;
    });

    it("is rolled back, and its users get answers of the stable version again", async function () {
      scene = await openScene("unanswered", { gateway, image: "app:v1", interval: "5s", ...load });
      const { shop } = scene;
      await shop.answered(scene.load, Date.now(), KNOWN_S * load.rps);
      const from = await start(shop, `app:${tag}`);
      await shop.until("the verdict", () => shop.record(tag)?.outcome === "failed", 120_000);
      expect(shop.record(tag)?.message)
        .to.match(new RegExp(`^rolled back at ${load.steps}% after [\\dms]+: `))
        .and.match(says[gateway]);
      await shop.until("the route as it was", () => shop.weight() === undefined);
      const since = await followed(shop);
      await shop.answered(scene.load, since, 50);
      expect(scene.load.since(since).failed, "requests that fail afterwards").to.equal(0);
      const { failed } = scene.load.between(from, since);
      measured(this, `${failed} requests without an answer in ${Math.round((since - from) / 1_000)} s`);
    });
  });
