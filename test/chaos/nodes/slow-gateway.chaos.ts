import { expect } from "chai";
import { routeRecordOf } from "../../../rollout/traffic/route-record.ts";
import { describeClusterWith } from "../../cluster/fixture.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { Shop } from "../../stories/shop.ts";

const THROTTLE_S = 12;
const RPS = 100;

// Traefik does the first change at once, and all that come within this time when it is over. It has accepted them before.
describeClusterWith({ throttle: `${THROTTLE_S}s` }, "a gateway that follows a weight late", function () {
  this.timeout(180_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("slow-gateway");
  });
  after(() => shop?.close());

  it("has as long to follow an undo in the first step, so the undo loses no request", async () => {
    await shop.deploy({ plan: { "serin.dev/steps": "20:10m" }, preStopSeconds: 1 });
    const load = shop.load(RPS);
    await quiet();
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    const weighed = await shop.weighs(20);
    await shop.until("the observed time in the route", () => observedMs() > 0, 60_000);
    const noted = observedMs();
    const { at: first } = [...load.rows()].find(({ version }) => version === "v2") ?? { at: 0 };
    expect(first - weighed, "ms until the canary's first request").to.be.within(4_000, noted);

    // Another change comes first, so that Traefik gathers the undo's.
    await quiet();
    await shop.apply(JSON.stringify(another));
    await shop.answered(load, Date.now(), 4 * RPS);
    const from = Date.now();
    await undo();
    const undoneAt = Date.now();
    await shop.atRest();
    const last = [...load.rows()].findLast(({ version }) => version === "v2")?.at ?? 0;
    expect(last - from, "ms until the canary's last request").to.be.within(4_000, undoneAt - from);
    console.log(
      `        first request after ${Math.round(first - weighed)} ms, noted ${noted} ms; the last one after ${Math.round(last - from)} ms, the undo after ${undoneAt - from} ms`,
    );
    await expectNoFailures(load);

    /** Undoes. Serin refuses it first if the gateway may need longer than an admission lasts. */
    async function undo(): Promise<void> {
      const command = ["rollout", "undo", "deployment/web"];
      const { code, stderr } = await shop.kubectl(...command);
      if (code === 0) return;
      const [, seconds] = /needs up to (\d+)s to follow; repeat this then/.exec(stderr) ?? [];
      expect(Number(seconds), stderr).to.be.above(THROTTLE_S);
      await shop.answered(load, Date.now(), Number(seconds) * RPS);
      await shop.run(...command);
    }

    /** Waits until Traefik does the next change at once. */
    async function quiet(): Promise<void> {
      await shop.answered(load, Date.now(), (THROTTLE_S + 1) * RPS);
    }
  });

  function observedMs(): number {
    const record = routeRecordOf(shop.stock.httproutes.get("web") as never);
    return Math.max(0, ...Object.values(record?.shares ?? {}).map(({ settleMs = 0 }) => settleMs));
  }
});

/** A route of other users. */
const another = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "another" },
  spec: {
    parentRefs: [{ name: "gw", namespace: "edge" }],
    hostnames: ["another.example.com"],
    rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { hostname: "example.org" } }] }],
  },
};
