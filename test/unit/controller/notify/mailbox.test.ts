import { expect } from "chai";
import { Mailbox, type NoticeEnd } from "../../../../controller/notify/mailbox.ts";
import type { Receipt } from "../../../../notices/send.ts";
import type { ChannelType } from "../../../../rollout/notice/channels/registry.ts";
import type { Notice } from "../../../../rollout/notice/notice.ts";
import { FakeClock } from "../../../support/clock.ts";
import { aNotice } from "../../../support/notices.ts";

const TAKEN: Receipt = { kind: "taken" };
const BUSY: Receipt = { kind: "busy", reason: "it answered 500" };

/** A mailbox whose receiver answers as the test says, and everything that happened, with seconds since the begin. */
function mailbox(answers: (nth: number) => Receipt | Promise<Receipt>, type: ChannelType = "slack") {
  const clock = new FakeClock();
  const begin = clock.now();
  const seconds = () => (clock.now() - begin) / 1_000;
  const stop = new AbortController();
  const sent: { at: number; text: string }[] = [];
  const ends: { name: string; end: NoticeEnd; reason: string | undefined; at: number }[] = [];
  const tries: string[] = [];
  const failures: unknown[] = [];
  let configured = true;
  const box = new Mailbox({
    receiver: () =>
      configured ? { name: "r", type, on: [], settings: { url: "http://r.test" } } : undefined,
    clock,
    signal: stop.signal,
    async send({ body }) {
      sent.push({ at: seconds(), text: body });
      return answers(sent.length);
    },
    onTry: (result, _tookMs, notices) => tries.push(`${result} ${notices}`),
    onFailure: (error) => failures.push(error),
  });
  const put = (notice: Partial<Notice> = {}) =>
    box.put(aNotice(notice), (end, reason) =>
      ends.push({ name: notice.name ?? "web", end, reason, at: seconds() }),
    );
  return { put, clock, sent, ends, tries, failures, stop, forget: () => (configured = false) };
}

describe("controller/notify/mailbox", () => {
  it("sends a notice at once, and the next one a second later", async () => {
    const { put, clock, sent, ends } = mailbox(() => TAKEN);
    put();
    await clock.advance(0);
    put({ name: "api" });
    await clock.advance(5_000);
    expect(sent.map(({ at }) => at)).to.deep.equal([0, 1]);
    expect(ends.map(({ end }) => end)).to.deep.equal(["sent", "sent"]);
  });

  it("tries again after 2, 8, 30, 120 and 300 s, and then gives up", async () => {
    const { put, clock, sent, ends, tries } = mailbox(() => BUSY);
    put();
    await clock.advance(3_600_000);
    expect(sent.map(({ at }) => at)).to.deep.equal([0, 2, 10, 40, 160, 460]);
    expect(ends).to.deep.equal([{ name: "web", end: "given-up", reason: "it answered 500", at: 460 }]);
    expect(tries).to.deep.equal([...Array.from({ length: 5 }, () => "retried 1"), "given_up 1"]);
  });

  it("waits as long as a receiver asks for, and five minutes at most", async () => {
    const busy = (retryAfterMs: number): Receipt => ({ ...BUSY, kind: "busy", retryAfterMs });
    const { put, clock, sent } = mailbox((nth) =>
      nth === 1 ? busy(7_000) : nth === 2 ? busy(3_600_000) : TAKEN,
    );
    put();
    await clock.advance(600_000);
    expect(sent.map(({ at }) => at)).to.deep.equal([0, 7, 307]);
  });

  it("gives up at once what the receiver refuses, and sends the next one", async () => {
    const refused: Receipt = { kind: "refused", reason: "it answered 400" };
    const { put, clock, ends } = mailbox((nth) => (nth === 1 ? refused : TAKEN));
    put();
    put({ name: "api" });
    await clock.advance(5_000);
    expect(ends.map(({ name, end }) => [name, end])).to.deep.equal([
      ["web", "given-up"],
      ["api", "sent"],
    ]);
  });

  it("makes a storm of 30 rollouts two messages, and loses none", async () => {
    const { put, clock, sent, ends } = mailbox(() => TAKEN);
    for (let i = 0; i < 30; i++) put({ name: `web-${i}` });
    await clock.advance(120_000);
    expect(sent).to.have.length(2);
    expect(sent[1]?.text).to.match(
      /29 notices since .*29 rollouts were rolled back: shop\/web-1, .*shop\/web-29/,
    );
    expect(ends.filter(({ end }) => end === "sent")).to.have.length(30);
  });

  it("gathers a storm that comes drop by drop: ten messages a minute, then digests", async () => {
    const { put, clock, sent, ends } = mailbox(() => TAKEN);
    for (let i = 0; i < 60; i++) {
      put({ name: `web-${i}` });
      await clock.advance(1_000);
    }
    await clock.advance(60_000);
    expect(ends).to.have.length(60);
    expect(sent.length).to.be.within(11, 14);
    expect(Math.max(...ends.map(({ at }, i) => at - i)), "the longest delay (s)").to.be.at.most(21);
  });

  it("sends each notice for itself to a program, without a pause", async () => {
    const { put, clock, sent } = mailbox(() => TAKEN, "cloudevents");
    for (let i = 0; i < 30; i++) put({ name: `web-${i}`, id: `id-${i}` });
    await clock.advance(0);
    await clock.advance(100);
    for (let i = 0; i < 10; i++) await clock.advance(1);
    expect(sent.map(({ text }) => JSON.parse(text).id)).to.deep.equal(
      Array.from({ length: 30 }, (_, i) => `id-${i}`),
    );
  });

  it("tells what waited while the receiver was dead in one message", async () => {
    const { put, clock, sent, ends } = mailbox((nth) => (nth <= 4 ? BUSY : TAKEN));
    for (let i = 0; i < 20; i++) {
      put({ name: `web-${i}` });
      await clock.advance(2_000);
    }
    await clock.advance(300_000);
    expect(ends.filter(({ end }) => end === "sent")).to.have.length(20);
    expect(sent.length).to.be.at.most(7);
  });

  it("keeps 500 notices, and drops the oldest of the least severity", async () => {
    const { put, clock, ends } = mailbox(() => BUSY);
    put({ name: "error" });
    await clock.advance(100);
    for (let i = 0; i < 3; i++) put({ name: `info-${i}`, severity: "info" });
    for (let i = 0; i < 499; i++) put({ name: `error-${i}` });
    const dropped = ends.filter(({ end }) => end === "dropped").map(({ name }) => name);
    expect(dropped).to.deep.equal(["info-0", "info-1", "info-2"]);
  });

  it("gives up what waits for a receiver that is not configured any more", async () => {
    const { put, clock, ends, forget } = mailbox(() => BUSY);
    put();
    await clock.advance(100);
    forget();
    await clock.advance(10_000);
    expect(ends).to.deep.equal([
      { name: "web", end: "given-up", reason: "the receiver is not configured any more", at: 2 },
    ]);
  });

  it("ends with its controller, and sends nothing afterwards", async () => {
    const { put, clock, sent, ends, failures, stop } = mailbox(() => BUSY);
    put();
    await clock.advance(100);
    stop.abort();
    await clock.advance(3_600_000);
    expect(sent).to.have.length(1);
    expect([...ends, ...failures]).to.deep.equal([]);
  });
});
