import { expect } from "chai";
import type { Kube } from "../../../../kube/client/api.ts";
import { ServerClock } from "../../../../kube/client/server-clock.ts";
import { namespaces } from "../../../../kube/core/resources.ts";
import { FakeApi } from "../../../support/api.ts";
import { FakeClock } from "../../../support/clock.ts";
import { rememberingLog } from "../../../support/log.ts";

const NOON = Date.UTC(2026, 0, 1, 12);

describe("kube/client/server-clock", () => {
  let steady: FakeClock;
  /** How far (ms) somebody has set the machine's clock ahead. */
  let setAheadMs: number;
  let log: ReturnType<typeof rememberingLog>;
  let clock: ServerClock;
  beforeEach(() => {
    steady = new FakeClock(5_000);
    setAheadMs = 0;
    const machine = {
      now: () => NOON + steady.now() - 5_000 + setAheadMs,
      sleep: (ms: number, signal?: AbortSignal) => steady.sleep(ms, signal),
    };
    log = rememberingLog();
    clock = new ServerClock({ machine, steady, log, mostMs: 10_000 });
  });
  const date = (ms: number) => new Date(ms).toUTCString();
  const answer = (ms: number) => clock.ask()(date(ms));

  it("is the machine's clock until the API server answers, and while they agree", async () => {
    expect(clock.now()).to.equal(NOON);
    for (const ms of [NOON, NOON - 1_999, NOON + 1_000]) answer(ms);
    expect(clock.now()).to.equal(NOON);
    await steady.advance(60_000);
    expect(clock.now()).to.equal(NOON + 60_000);
  });

  for (const [what, ahead] of [
    ["behind", 300_000],
    ["ahead", -300_000],
  ] as const) {
    it(`is the API server's from its first answer if the machine's clock is ${what}`, async () => {
      answer(NOON + ahead);
      expect(clock.now()).to.be.within(NOON + ahead, NOON + ahead + 999);
      await steady.advance(60_000);
      answer(NOON + ahead + 60_000);
      expect(clock.now()).to.be.within(NOON + ahead + 60_000, NOON + ahead + 60_999);
    });
  }

  it("does not move when somebody sets the machine's clock", async () => {
    answer(NOON);
    setAheadMs = 3_600_000;
    expect(clock.now()).to.equal(NOON);
    await steady.advance(1_000);
    answer(NOON + 1_000);
    setAheadMs = -3_600_000;
    expect(clock.now()).to.equal(NOON + 1_000);
  });

  it("counts the time of a suspended machine from the next answer", () => {
    answer(NOON);
    setAheadMs = 600_000;
    answer(NOON + 600_000);
    expect(clock.now()).to.be.within(NOON + 600_000, NOON + 600_999);
  });

  it("does not follow one of several API servers that is wrong", async () => {
    answer(NOON);
    for (let passedMs = 0; passedMs < 60_000; passedMs += 2_000) {
      answer(NOON + passedMs + (passedMs % 8_000 === 0 ? 0 : 300_000));
      expect(clock.now()).to.equal(NOON + passedMs);
      await steady.advance(2_000);
    }
  });

  it("follows the API server if its clock was set", async () => {
    answer(NOON);
    for (let passedMs = 0; passedMs <= 10_000; passedMs += 5_000) {
      expect(clock.now()).to.equal(NOON + passedMs);
      answer(NOON + 300_000 + passedMs);
      if (passedMs < 10_000) await steady.advance(5_000);
    }
    expect(clock.now()).to.be.within(NOON + 310_000, NOON + 310_999);
  });

  it("says how far the machine's clock is ahead or behind, at most once an hour", async () => {
    answer(NOON - 120_000);
    answer(NOON - 120_000);
    expect(log.fields).to.deep.equal([{ aheadMs: 119_001 }]);
    await steady.advance(3_600_000);
    answer(NOON + 3_600_000 + 180_000);
    expect(log.fields.slice(1)).to.deep.equal([{ behindMs: 180_000 }]);
    expect(new Set(log.lines)).to.have.length(1);
    expect(log.lines[0]).to.match(/^warn: the clock of this node differs/);
  });

  it("counts neither what the program allows for, nor the time of a slow request, nor a missing header", async () => {
    const slow = clock.ask();
    await steady.advance(60_000);
    slow(date(NOON));
    slow(date(NOON + 60_000));
    clock.ask()(undefined);
    clock.ask()("yesterday");
    expect(clock.now()).to.equal(NOON + 60_000);
    answer(NOON + 60_000 - 10_000);
    answer(NOON + 60_000 + 10_000);
    expect(log.lines).to.deep.equal([]);
  });

  const { signal } = new AbortController();
  const hearings: [string, (kube: Kube) => Promise<unknown>][] = [
    ["an answer", (kube) => kube.list(namespaces, {})],
    ["an answer that refuses", (kube) => kube.get(namespaces, { name: "gone" })],
    [
      "a watch that stays silent",
      async (kube) => {
        for await (const _ of kube.watch(namespaces, {}, {}, signal));
      },
    ],
  ];
  for (const [what, ask] of hearings)
    it(`hears ${what}`, async () => {
      const api = await FakeApi.start();
      const kube = api.connect({ serverClock: clock, silenceMs: 200 });
      try {
        await ask(kube).catch(() => {});
        expect(Math.abs(clock.now() - Date.now())).to.be.below(5_000);
      } finally {
        await kube.close();
        await api.stop();
      }
    });
});
