import { expect } from "chai";
import { ServerClock } from "../../../../kube/client/server-clock.ts";
import { namespaces } from "../../../../kube/core/resources.ts";
import { FakeApi } from "../../../support/api.ts";
import { FakeClock } from "../../../support/clock.ts";
import { rememberingLog } from "../../../support/log.ts";

const NOON = Date.UTC(2026, 0, 1, 12);

describe("kube/client/server-clock", () => {
  let clock: FakeClock;
  let log: ReturnType<typeof rememberingLog>;
  let server: ServerClock;
  beforeEach(() => {
    clock = new FakeClock(NOON);
    log = rememberingLog();
    server = new ServerClock({ clock, log, mostMs: 10_000 });
  });
  const date = (ms: number) => new Date(ms).toUTCString();

  it("says how far this clock is ahead or behind, at most once an hour", async () => {
    const answer = server.ask();
    answer(date(NOON - 120_000));
    answer(date(NOON - 120_000));
    expect(log.fields).to.deep.equal([{ aheadMs: 119_001 }]);
    await clock.advance(3_600_000);
    server.ask()(date(clock.now() + 180_000));
    expect(log.fields.slice(1)).to.deep.equal([{ behindMs: 180_000 }]);
    expect(new Set(log.lines)).to.have.length(1);
    expect(log.lines[0]).to.match(/^error: the clock of this node differs/);
  });

  it("counts neither what the program allows for, nor the time of a slow request, nor a missing header", async () => {
    server.ask()(date(NOON - 10_000));
    server.ask()(date(NOON + 10_000));
    server.ask()(undefined);
    server.ask()("yesterday");
    const slow = server.ask();
    await clock.advance(60_000);
    slow(date(NOON));
    slow(date(NOON + 60_000));
    expect(log.lines).to.deep.equal([]);
  });

  it("hears the answers of a connection", async () => {
    const api = await FakeApi.start();
    const kube = api.connect({ serverClock: server });
    try {
      await kube.list(namespaces, {});
      expect(log.lines).to.have.length(1);
    } finally {
      await kube.close();
      await api.stop();
    }
  });
});
