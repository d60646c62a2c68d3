import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { grantedTo } from "../../stories/granted.ts";
import { measured } from "../../stories/measured.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop } from "../../stories/shop.ts";
import { openShop, way } from "../fixture.ts";
import { callsIn, expectEnded, expectPromoted, FAST } from "./api.ts";
import { latency, refusal, type Way } from "./trouble.ts";

/** The API server's timeout for the webhook. It calls the webhook again if the object has changed in the meantime. */
const ADMISSION_MS = 20_000;

describeCluster("an API server that is slow or busy", function () {
  this.timeout(240_000);
  let door: Way;
  let shop: Shop;
  beforeEach(async () => {
    door = await way();
    shop = await openShop("slow");
  });
  afterEach(async () => {
    door.set();
    await shop.close();
  });

  it("that takes 2 s longer for each of Serin's requests only makes everything slower", async function () {
    await shop.deploy(FAST);
    const load = shop.load(200);
    const from = Date.now();
    door.set(latency(2_000));
    const setMs = await took(() => shop.run("set", "image", "deployment/web", "app=app:v2"));
    await shop.atRest("web", 150_000);
    await expectEnded(shop, "v2");
    const rolloutMs = Date.now() - from;

    // The drain takes five requests: with steps of 4 s, the canary would be promoted before it.
    await shop.run("annotate", "deployment/web", "serin.dev/steps=25:60s, 50", "--overwrite");
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    await shop.until("v3 at 25%", () => shop.weight() === 25, 90_000);
    const undoMs = await took(() => shop.run("rollout", "undo", "deployment/web"));
    await shop.atRest("web", 120_000);
    await expectEnded(shop, "v2");

    expect(grantedTo(shop)).to.deep.equal([25, 50, 0, 25, 0]);
    await expectNoFailures(load);
    expect(setMs, "a new version").to.be.below(ADMISSION_MS);
    expect(undoMs, "an undo").to.be.below(2 * ADMISSION_MS);
    const writes = callsIn(door, from).filter(({ isWrite }) => isWrite).length;
    measured(
      this,
      `set image ${s(setMs)}, undo ${s(undoMs)}, rollout ${s(rolloutMs)}, ${writes} writes for both`,
    );
  });

  it("that answers 429 with Retry-After gets no request before that time", async function () {
    await shop.deploy(FAST);
    const load = shop.load(200);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.weighs(25);
    const busy: { container: string; address: string; at: number }[] = [];
    const until = Date.now() + 30_000;
    door.set({
      before(call) {
        if (Date.now() > until) return "pass";
        busy.push({ ...call, at: Date.now() });
        return refusal(429, "TooManyRequests", "too many requests, please try again later", 5);
      },
    });
    door.cut();
    await sleep(until - Date.now());
    await shop.atRest("web", 120_000);
    await expectPromoted(shop, load);

    for (const [process, all] of Map.groupBy(busy, ({ container, address }) => `${container} ${address}`)) {
      // Requests sent before the first such answer arrived belong to the same round.
      const rounds = all.filter(({ at }, i) => i === 0 || at - (all[i - 1]?.at ?? 0) > 1_000);
      for (const [i, { at }] of rounds.slice(1).entries())
        expect(at - (rounds[i]?.at ?? 0), `${process}: ms between`).to.be.at.least(4_900);
    }
    measured(this, `${busy.length} requests of all four processes in 30 s`);
  });

  it("that answers 500 or 503 to every fifth request delays the rollout, and gets a bounded number of requests", async function () {
    await shop.deploy(FAST);
    const load = shop.load(200);
    const from = Date.now();
    const [broken, away] = [
      refusal(500, "InternalError", "etcdserver: leader changed"),
      refusal(503, "ServiceUnavailable", "apiserver is shutting down"),
    ];
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    let count = 0;
    door.set({
      before({ container, path }) {
        if (container !== "controller" || path.includes("/leases")) return "pass";
        count += 1;
        return count % 10 === 0 ? broken : count % 10 === 5 ? away : "pass";
      },
    });
    door.cut();
    await shop.atRest("web", 150_000);
    await expectPromoted(shop, load);
    const asked = callsIn(door, from).filter(({ container }) => container === "controller");
    const perMinute = (60_000 * asked.length) / (Date.now() - from);
    expect(perMinute, "requests of both controllers a minute").to.be.below(400);
    measured(this, `${asked.length} requests of the controllers in ${s(Date.now() - from)}`);
  });
});

async function took(work: () => Promise<unknown>): Promise<number> {
  const from = Date.now();
  await work();
  return Date.now() - from;
}

function s(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
