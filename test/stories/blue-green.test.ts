import { expect } from "chai";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import type { Load } from "../cluster/load.ts";
import { mirrored, receivedBy } from "../cluster/received.ts";
import { grants } from "./granted.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";

const SETTLED = "canary has 100% of the traffic";

onEachGatewayAtOnce("blue-green", function (gateway) {
  this.timeout(180_000);
  let shop: Shop;
  beforeEach(async () => {
    shop = await Shop.open("blue-green", { gateway });
  });
  afterEach(() => shop.close());

  // Traefik has no mirrors.
  const mirror: Record<string, string> = gateway === "contour" ? { "serin.dev/mirror": "100%" } : {};
  const deploy = (bake: string, interval = "4s") =>
    shop.deploy({
      interval,
      plan: { "serin.dev/rollout": "blue-green", "serin.dev/steps": `100:${bake}`, ...mirror },
    });
  const update = (image: string) => shop.run("set", "image", "deployment/web", `app=app:${image}`);
  const reported = (what: string) => shop.until(what, () => shop.condition()?.message?.startsWith(what));

  it("switches once, and keeps the whole old version until the new one is proven", async () => {
    // The copies last until the test has counted them.
    await deploy("6s", gateway === "contour" ? "2m" : "4s");
    const route = await shop.manifest("httproutes");
    const load = shop.load(300);
    const started = Date.now();
    await update("v2");
    if (gateway === "contour") {
      await expectCopies(load);
      await shop.run("annotate", "deployment/web", "serin.dev/interval=4s", "--overwrite");
    }

    await shop.until("the switch", () => shop.weight() === 100);
    expect(shop.pods("v2"), "new pods at the switch").to.have.length(5);
    const [switched] = grants(shop, started);
    const early = [...load.rows(started)].filter(
      ({ at, latencyMs, version }) =>
        version === "v2" && at + latencyMs < (switched?.at ?? Number.POSITIVE_INFINITY),
    );
    expect(early, "answers of the new version before the switch").to.deep.equal([]);
    const from = await reported(SETTLED);
    const to = await shop.until("the promotion", () => shop.record("v2")?.outcome !== "running");
    expect(to - (switched?.at ?? to), "time to prove itself").to.be.at.least(6_000);
    expect(load.between(from, to).byVersion, "answers while both are there").to.have.all.keys("v2");
    expect(shop.pods("v1"), "old pods until the proof").to.have.length(5);
    await shop.atRest();
    expect(shop.condition()).to.include({ status: "True", reason: "Promoted" });
    expect(shop.peakPods(started)).to.equal(10);
    expect(await shop.manifest("httproutes")).to.deep.equal(route);
    await expectNoFailures(load);
  });

  it("switches back at once", async () => {
    await deploy("10m");
    const load = shop.load(100);
    await update("v2");
    await reported(SETTLED);
    await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
    const back = await shop.until("weight 0", () => (shop.weight() ?? 0) === 0);
    await shop.until("the end", () => shop.condition()?.reason === "RolledBack");
    // As long as a gateway may need to follow.
    await shop.answered(load, back, 350);
    const from = Date.now();
    await shop.counted(load, from, 1_000);
    expect(load.since(from).byVersion).to.have.all.keys("v1");
    await expectNoFailures(load);
  });

  it("rolls a bad version back before any user sees it, or at once after the switch", async () => {
    await deploy("10m");
    const load = shop.load(300);
    await update("v2-err30");
    await shop.until("the verdict", () => shop.condition()?.reason === "RolledBack");
    const { failed, byVersion } = await load.stop();
    if (gateway === "contour")
      expect([failed, byVersion.v2 ?? 0], "failed, answered by v2").to.deep.equal([0, 0]);
    else expect(failed).to.be.within(1, 0.3 * (byVersion.v2 ?? 0) * 1.5);
    expect(byVersion[""] ?? 0, "answers without a version").to.equal(0);
    expect(shop.condition()?.message).to.match(
      gateway === "contour" ? /^rolled back at copies of 100%/ : /^rolled back at 100%/,
    );
  });

  /** Expects as many copies at the canary as there are requests, and none of its answers at a user. */
  async function expectCopies(load: Load): Promise<void> {
    await reported("canary has copies of 100% of the traffic");
    const first = await copiesOfV2();
    const to = await shop.counted(load, first.to, 3_000);
    const last = await copiesOfV2();
    // All of these are answered, and so are those that were under way at either count.
    await shop.answered(load, last.to, 1);
    const rows = [...load.rows(0, last.to)].map(({ at, latencyMs }) => ({ from: at, to: at + latencyMs }));
    const surely = rows.filter(({ from, to }) => from >= first.to && to <= last.from).length;
    const perhaps = rows.filter(({ from, to }) => from <= last.to && to >= first.from).length;
    const copies = last.count - first.count;
    expect(copies, `copies of ${surely} to ${perhaps}`).to.be.within(0.85 * surely, 1.15 * perhaps);
    expect(load.between(first.to, to).byVersion).to.have.all.keys("v1");
    expect(shop.weight(), "weight").to.equal(0);
  }

  /** Counts the copies that v2 received; the count is of an instant within `from` and `to`. */
  async function copiesOfV2() {
    const from = Date.now();
    const count = mirrored(await receivedBy({ namespace: shop.namespace, version: "v2" }));
    return { from, count, to: Date.now() };
  }
});
