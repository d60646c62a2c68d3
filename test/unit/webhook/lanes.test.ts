import { expect } from "chai";
import { Busy } from "../../../webhook/busy.ts";
import { Lanes } from "../../../webhook/lanes.ts";
import { FakeClock } from "../../support/clock.ts";

describe("webhook/lanes", () => {
  let clock: FakeClock;
  let lanes: Lanes;
  let began: string[];

  beforeEach(() => {
    clock = new FakeClock();
    lanes = new Lanes(clock, () => 0.5);
    began = [];
  });

  /** Work of that namespace that takes so long (ms). Resolves with the time for which it waited. */
  const work = (namespace: string, ms: number): Promise<number> => {
    const asked = clock.now();
    return lanes.run(namespace, async () => {
      const waited = clock.now() - asked;
      began.push(namespace);
      await clock.sleep(ms);
      return waited;
    });
  };
  /** The same for a work whose answer comes too late for some. */
  const flood = (namespace: string, ms: number) => void work(namespace, ms).catch(() => {});
  const inTime = async (waited: Promise<number>, ms = 30_000) => {
    await clock.advance(ms);
    return waited;
  };

  it("does the work of another namespace first, however much of one waits", async () => {
    for (let i = 0; i < 50; i += 1) flood("evil", 100);
    const others = ["shop", "edge"].map((name) => work(name, 100));
    expect(await inTime(Promise.all(others).then((all) => Math.max(...all)))).to.equal(0);
  });

  it("keeps a namespace at rest waiting for one work at most, however many namespaces of a tenant are busy", async () => {
    const evil = Array.from({ length: 40 }, (_, i) => `evil-${i}`);
    const refill = () => {
      for (const name of evil) for (let i = 0; i < 3; i += 1) flood(name, 2_000);
    };
    for (let seconds = 0; seconds < 60; seconds += 1) {
      refill();
      await clock.advance(1_000);
    }
    const waits: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      refill();
      void work(`shop-${i}`, 500).then((waited) => void waits.push(waited));
      await clock.advance(5_000);
    }
    expect(waits).to.have.length(20);
    expect(Math.max(...waits), "ms").to.be.at.most(2_000);
    // The places that no other namespace needs are not left empty.
    expect(began.filter((name) => name.startsWith("evil")).length).to.be.above(160);
  });

  it("keeps a place free of crowded work, so that a namespace at rest begins at once", async () => {
    for (const name of ["evil-1", "evil-2", "evil-3"]) await inTime(work(name, 5_000));
    for (const name of ["evil-1", "evil-2", "evil-3"]) for (let i = 0; i < 3; i += 1) flood(name, 5_000);
    expect(await inTime(work("shop", 100))).to.equal(0);
  });

  it("lets a namespace have its turn as before when it has been at rest for some minutes", async () => {
    await inTime(work("shop", 8_000));
    await clock.advance(300_000);
    for (const name of ["evil-1", "evil-2", "evil-3"]) await inTime(work(name, 5_000));
    for (const name of ["evil-1", "evil-2", "evil-3"]) for (let i = 0; i < 3; i += 1) flood(name, 5_000);
    expect(await inTime(work("shop", 100))).to.equal(0);
  });

  it("never does more at once than there is memory for, nor more of one namespace", async () => {
    const running: string[] = [];
    const counted = (name: string) => async () => {
      running.push(name);
      expect(running.length).to.be.at.most(4);
      expect(running.filter((one) => one === name).length).to.be.at.most(2);
      await new Promise((resolve) => setImmediate(resolve));
      running.splice(running.indexOf(name), 1);
    };
    const names = Array.from({ length: 60 }, (_, i) => `shop-${i % 6}`);
    await Promise.all(names.map((name) => lanes.run(name, counted(name))));
    expect(running).to.deep.equal([]);
  });

  it("sends away what waits so long that its answer would come too late, to come again", async () => {
    const results = Promise.allSettled(Array.from({ length: 10 }, () => work("evil", 6_000)));
    await clock.advance(60_000);
    const refused = (await results).flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(refused).to.have.length(6);
    expect(refused[0]).to.be.instanceOf(Busy).and.to.include({ retryAfterSeconds: 3 });
  });

  it("sends it away earlier where the API server waits for less", async () => {
    for (let i = 0; i < 4; i += 1) flood("evil", 6_000);
    const asked = clock.now();
    const sent = lanes.run("evil", async () => 0, { timeoutMs: 5_000 }).catch((error) => error);
    await clock.advance(2_001);
    expect(await sent).to.be.instanceOf(Busy);
    expect(clock.now() - asked).to.be.below(5_000);
  });

  it("answers in time as many as it can do, however many come", async () => {
    const answered: number[] = [];
    let sent = 0;
    const ask = async (namespace: string) => {
      const asked = clock.now();
      await work(namespace, 200).catch(() => {
        sent += 1;
        return 0;
      });
      answered.push(clock.now() - asked);
    };
    for (let i = 0; i < 1_000; i += 1) {
      void ask(`shop-${i}`);
      await clock.advance(10);
    }
    await clock.advance(30_000);
    expect(answered).to.have.length(1_000);
    expect(Math.max(...answered), "ms").to.be.at.most(9_000);
    // 18 s at twenty in a second.
    expect(1_000 - sent).to.be.within(340, 365);
  });

  it("completes what has begun before it begins anything else, however long that waits", async () => {
    for (let i = 0; i < 60; i += 1) flood(`shop-${i}`, 1_000);
    const effect = lanes.run("shop-0", async () => clock.now(), { completes: true });
    const asked = clock.now();
    expect((await inTime(effect)) - asked).to.be.at.most(1_000);
  });

  it("refuses the newest of the namespace with most that waits, if all that waits needs too much memory", async () => {
    const MIB = 1024 * 1024;
    const ask = (namespace: string, size: number) =>
      lanes
        .run(namespace, () => clock.sleep(1_000), { size })
        .then(
          () => `${namespace} done`,
          (error: Error) => `${namespace} ${error.message}`,
        );
    const evil = Array.from({ length: 12 }, () => ask("evil", MIB));
    const shop = Array.from({ length: 4 }, () => ask("shop", MIB / 2));
    await clock.advance(30_000);
    const refused = (await Promise.all(evil)).map((answer) => answer !== "evil done");
    // Two of ten that waited were too many, and one more when another namespace came.
    expect(refused.filter(Boolean)).to.have.length(3);
    expect(refused.slice(0, 9)).to.not.include(true);
    expect(await Promise.all(shop)).to.deep.equal(Array(4).fill("shop done"));
  });

  it("returns the result, and passes an error on without holding up the next", async () => {
    const failed = Array.from({ length: 5 }, () => lanes.run("shop", () => Promise.reject(new Error("no"))));
    const results = await Promise.allSettled(failed);
    expect(results.every(({ status }) => status === "rejected")).to.equal(true);
    expect(await lanes.run("shop", async () => 7)).to.equal(7);
  });
});
