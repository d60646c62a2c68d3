import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { measured } from "../../stories/measured.ts";
import type { Shop } from "../../stories/shop.ts";
import { openShop, way } from "../fixture.ts";
import { callsIn, expectPromoted, FAST } from "./api.ts";
import { type Call, refusal, type Way } from "./trouble.ts";

const GONE = {
  kind: "Status",
  apiVersion: "v1",
  status: "Failure",
  code: 410,
  reason: "Expired",
  message: "too old",
};
/** A watch counts as broken after this time without an event, in ms. */
const SILENCE_MS = 90_000;

describeCluster("watches that break", function () {
  this.timeout(300_000);
  let door: Way;
  let shop: Shop;
  let from: number;
  beforeEach(async () => {
    door = await way();
    shop = await openShop("watch");
    from = Date.now();
  });
  afterEach(async () => {
    door.set();
    await shop.close();
  });

  /** Performs a whole rollout in the current trouble. */
  async function rollOut(timeoutMs: number): Promise<void> {
    await shop.deploy(FAST);
    const load = shop.load(200);
    from = Date.now();
    door.cut();
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.atRest("web", timeoutMs);
    await expectPromoted(shop, load);
  }

  it("every 300 ms lose no change and cause no new list", async function () {
    door.set({ before: ({ isWatch }) => (isWatch ? { cutAfterMs: 300 } : "pass") });
    await rollOut(120_000);
    const [watches, lists] = [rate(isOpened), rate(isList)];
    expect(relisted(), "lists of what is watched").to.deep.equal([]);
    expect(watches.perMinute / watches.streams, "times that each was opened a minute").to.be.below(120);
    measured(
      this,
      `${s(Date.now() - from)}; ${lists.text} lists, ${watches.text} watches of ${watches.streams} streams`,
    );
  });

  it("with 410 Gone, as a status or in the stream, cause a bounded number of lists", async function () {
    let count = 0;
    door.set({
      before({ isWatch, path }) {
        // Watches that begin with the existing objects pass.
        if (!isWatch || !path.includes("resourceVersion=")) return "pass";
        count += 1;
        return count % 2 === 0
          ? refusal(410, "Expired", "too old resource version")
          : { status: 200, body: { type: "ERROR", object: GONE } };
      },
    });
    await rollOut(180_000);
    const lists = rate((call) => isList(call) || (isOpened(call) && call.path.includes("sendInitialEvents")));
    expect(lists.perMinute / lists.streams, "lists of each stream a minute").to.be.below(30);
    measured(this, `${s(Date.now() - from)}; ${lists.text} lists of ${lists.streams} streams`);
  });

  it("by silence, without an error or an end, are noticed after 90 s", async function () {
    await shop.deploy(FAST);
    const load = shop.load(100);
    from = Date.now();
    door.set({ before: ({ isWatch }) => (isWatch ? "silence" : "pass") });
    door.cut();
    await sleep(5_000);
    door.set();
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    const weighed = await shop.until("the first weight", () => shop.weight() === 25, SILENCE_MS + 30_000);
    const silent = callsIn(door, from + 6_000, from + SILENCE_MS).filter(
      ({ path }) => !path.includes("/leases"),
    );
    await shop.atRest("web", 90_000);
    await expectPromoted(shop, load);
    expect(silent.length, "requests meanwhile").to.be.below(60);
    measured(this, `first weight after ${s(weighed - from)}, ${silent.length} requests until then`);
  });

  /** Collections that were listed although a watch could have continued. Lists of unwatched collections do not count. */
  function relisted(): string[] {
    const calls = callsIn(door, from);
    const watched = new Set(calls.filter(isOpened).map(streamOf));
    return calls
      .filter(isList)
      .map(streamOf)
      .filter((stream) => watched.has(stream));
  }

  function rate(filter: (call: Call) => boolean) {
    const calls = callsIn(door, from).filter(filter);
    const streams = new Set(calls.map(streamOf));
    const perMinute = (60_000 * calls.length) / (Date.now() - from);
    return { perMinute, streams: streams.size, text: `${Math.round(perMinute)}/min` };
  }
});

const isOpened = ({ isWatch }: Call) => isWatch;
const isList = ({ method, path, isWatch }: Call) => method === "GET" && !isWatch && path.includes("limit=");

/** The process and the collection that it follows. */
function streamOf({ container, address, path }: Call): string {
  const [plain = "", query = ""] = path.split("?");
  const selectors = new URLSearchParams(query);
  const selected = ["labelSelector", "fieldSelector"].map((each) => selectors.get(each) ?? "");
  return [container, address, plain, ...selected].join(" ");
}

function s(ms: number): string {
  return `${(ms / 1_000).toFixed(0)} s`;
}
