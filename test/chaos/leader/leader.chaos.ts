import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import type { Load } from "../../cluster/load.ts";
import { eventually } from "../../cluster/wait.ts";
import { grantedTo } from "../../stories/granted.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop } from "../../stories/shop.ts";
import type { Call, Way } from "../api/trouble.ts";
import { openShop, way } from "../fixture.ts";
import { leaderOf, replicasOf } from "./replicas.ts";

const SYSTEM = "serin-system";
const PLAN = { "serin.dev/steps": "25, 50", "serin.dev/compare": "off", "serin.dev/checks": "none" };
/** The most time until another leader: the Lease (15 s), and the next leader's start. */
const FOLLOWED_MS = 20_000;

describeCluster("a leader that is deposed in the middle of a rollout", function () {
  this.timeout(240_000);
  let shop: Shop;
  let door: Way;
  let leader: string;
  let address: string;
  let load: Load;
  beforeEach(async () => {
    door = await way();
    shop = await openShop("leader");
    leader = await eventually("a leader", async () => (await leaderOf(shop.cluster)) || undefined, 30_000);
    address = [...(await replicasOf(shop.cluster))].find(([, pod]) => pod === leader)?.[0] ?? "";
    await shop.deploy({ interval: "4s", plan: PLAN });
    load = shop.load(100);
  });
  afterEach(async () => {
    door.set();
    shop.cluster.kubelet.kill(SYSTEM, leader, "controller", "SIGCONT");
    await shop.close();
  });

  it("writes nothing if it resumes after a suspension between two writes, once another one leads", async () => {
    const suspended = Promise.withResolvers<number>();
    door.set({
      after(call) {
        // The record of the second step. An Event comes next, then the canary's size and its weight.
        if (call.address !== address || !isRecordOf(call, 1)) return "pass";
        door.set();
        shop.cluster.kubelet.kill(SYSTEM, leader, "controller", "SIGSTOP");
        suspended.resolve(Date.now());
        return "pass";
      },
    });
    await update();
    await expectFollowed(await suspended.promise);
    await shop.weighs(50);
    const woken = Date.now();
    shop.cluster.kubelet.kill(SYSTEM, leader, "controller", "SIGCONT");
    await expectRightEnd();
    expectNoWrites(woken);
  });

  it("writes nothing if it returns after it alone was cut off from the API server", async () => {
    await update();
    await shop.weighs(25);
    const cut = Date.now();
    const healed = Promise.withResolvers<"cut">();
    door.set({ before: (call) => (call.address === address ? healed.promise : "pass") });
    door.cut();
    await expectFollowed(cut);
    await shop.weighs(50);
    const back = Date.now();
    door.set();
    healed.resolve("cut");
    await expectRightEnd();
    await eventually(
      "a request of the old leader",
      async () => (of(address, back).length > 0 ? true : undefined),
      30_000,
    );
    expectNoWrites(back);
  });

  const update = () => shop.run("set", "image", "deployment/web", "app=app:v2");
  const of = (pod: string, from: number) =>
    door.calls.filter((call) => call.container === "controller" && call.address === pod && call.at >= from);

  /** Expects another leader, but not before the Lease has ended. */
  async function expectFollowed(from: number): Promise<void> {
    const taken = await eventually(
      "another leader",
      async () => door.calls.find((call) => call.at > from && call.address !== address && isTaking(call)),
      FOLLOWED_MS,
    );
    const tookMs = taken.at - from;
    console.log(`        another controller led after ${(tookMs / 1000).toFixed(1)} s`);
    expect(tookMs, "ms until another controller led").to.be.within(9_000, FOLLOWED_MS);
  }

  async function expectRightEnd(): Promise<void> {
    await shop.until("the promotion", () => shop.record("v2")?.outcome === "promoted", 90_000);
    await shop.atRest();
    expect(grantedTo(shop)).to.deep.equal([25, 50, 0]);
    expect(shop.pods("v2")).to.have.length(5);
    await expectNoFailures(load);
  }

  /** Expects only reads from the deposed leader. */
  function expectNoWrites(from: number): void {
    const calls = of(address, from);
    expect(calls, "requests of the resumed leader").to.not.have.length(0);
    const writes = calls
      .filter(({ isWrite }) => isWrite)
      .map(({ method, path, body }) => [method, path, body]);
    expect(writes, "writes of the deposed leader").to.deep.equal([]);
  }
});

function isRecordOf({ path, body }: Call, step: number): boolean {
  return path.includes("/replicasets/") && body.includes(`\\"step\\":${step}`);
}

function isTaking({ path, body }: Call): boolean {
  return path.includes("/leases/") && body.includes('"acquireTime"');
}
