import { expect } from "chai";
import type { NoticeEnd } from "../../../../controller/notify/mailbox.ts";
import { Notifier } from "../../../../controller/notify/notifier.ts";
import type { Notice } from "../../../../rollout/notice/notice.ts";
import { parseNotifications } from "../../../../rollout/notify/configuration.ts";
import type { Decision } from "../../../../rollout/stages/decision.ts";
import { aDeployment, aHeld, NOON } from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";
import { aRollout } from "../../../support/rollout.ts";

const routed = parseNotifications({
  receivers: `
    team: {type: slack, url: "http://team.test"}
    page: {type: pagerduty, routingKey: $key}`,
  routes: "- {receivers: [team, page]}",
});
const still: Decision = { writes: [] };
const ended: Decision = { writes: [], ends: "proven" };
const failed = aRollout({
  run: { outcome: "failed", message: "errors", ended: new Date(NOON).toISOString() },
});
const promoting = aRollout({ held: aHeld({ phase: "promoting" }), run: { outcome: "promoted" } });

function notifier(configuration = routed) {
  const clock = new FakeClock(NOON);
  const posted: { receiver: string; notice: Notice; end: (end: NoticeEnd) => void }[] = [];
  const told: string[] = [];
  const one = new Notifier({
    configuration: () => configuration,
    post: (receiver, notice, end) => posted.push({ receiver, notice, end }),
    clock,
    onTold: (uid) => told.push(uid),
  });
  return { one, clock, posted, told };
}

describe("controller/notify/notifier", () => {
  it("sends each moment once to each receiver, however often it looks", () => {
    const { one, posted } = notifier();
    for (let i = 0; i < 3; i++) one.look(failed, still);
    expect(posted.map(({ receiver, notice }) => [receiver, notice.moment])).to.deep.equal([
      ["team", "rolled-back"],
      ["page", "rolled-back"],
    ]);
  });

  it("records who has it when the receiver has taken it, or never will", () => {
    const { one, posted, told } = notifier();
    one.look(failed, still);
    expect(one.told(failed)).to.deep.equal([]);
    posted[0]?.end("sent");
    posted[1]?.end("given-up");
    expect(told).to.deep.equal(["uid-web", "uid-web"]);
    expect(JSON.stringify(one.told(failed))).to.include(
      '\\"told\\":{\\"rolled-back\\":[\\"team\\",\\"page\\"]}',
    );
  });

  it("does not write the same record again for a minute if it has no effect", async () => {
    const { one, posted, clock } = notifier();
    one.look(failed, still);
    posted[0]?.end("sent");
    expect(one.told(failed)).to.have.length(1);
    expect(one.told(failed)).to.have.length(0);
    await clock.advance(60_000);
    expect(one.told(failed)).to.have.length(1);
  });

  it("finds a notice again that was dropped", () => {
    const { one, posted } = notifier();
    one.look(failed, still);
    posted[0]?.end("dropped");
    expect(one.told(failed)).to.deep.equal([]);
    one.look(failed, still);
    expect(posted.map(({ receiver }) => receiver)).to.deep.equal(["team", "page", "team"]);
  });

  it("sends nothing that a record says is told", () => {
    const { one, posted } = notifier();
    one.look(aRollout({ run: { ...failed.run, told: { "rolled-back": ["team"] } } }), still);
    expect(posted.map(({ receiver }) => receiver)).to.deep.equal(["page"]);
  });

  it("keeps the end of a rollout until its notices are recorded, and for half a minute at most", async () => {
    const { one, posted, clock } = notifier();
    expect(one.tellsEnd(promoting)).to.equal(true);
    expect(one.look(promoting, ended)).to.equal(30_000);
    expect(posted.map(({ receiver, notice }) => [receiver, notice.moment])).to.deep.equal([
      ["team", "promoted"],
      // It ends the page of an earlier version.
      ["page", "promoted"],
    ]);
    for (const { end } of posted) end("sent");
    expect(one.tellsEnd(promoting)).to.equal(true);
    const told = { promoted: ["team", "page"] };
    expect(one.tellsEnd(aRollout({ held: aHeld({ phase: "promoting" }), run: { told } }))).to.equal(false);
    await clock.advance(30_000);
    expect(one.tellsEnd(promoting)).to.equal(false);
  });

  it("keeps no end for receivers that do not ask for it, and none without receivers", () => {
    const quiet = parseNotifications({
      receivers: "team: {type: slack, url: 'http://t.test', on: [stuck]}",
      routes: "- {receivers: [team]}",
    });
    expect(notifier(quiet).one.tellsEnd(promoting)).to.equal(false);
    expect(notifier(parseNotifications({})).one.tellsEnd(promoting)).to.equal(false);
    expect(notifier().one.tellsEnd(aRollout())).to.equal(false);
  });

  it("asks to be called when a wait becomes worth a notice", () => {
    const { one, posted } = notifier();
    const paused = aRollout({ deployment: aDeployment({ image: "web:2", paused: true }) });
    const holding: Decision = {
      writes: [],
      condition: { status: "Unknown", reason: "Holding", message: "paused" },
    };
    expect(one.look(paused, holding)).to.equal(60_000);
    expect(one.look({ ...paused, now: NOON + 60_000 }, holding)).to.equal(undefined);
    expect(posted.map(({ notice }) => [notice.moment, notice.says])).to.deep.equal([["waiting", "paused"]]);
  });

  it("follows the choice of the Deployment", () => {
    const { one, posted } = notifier();
    const annotations = { "serin.dev/notify": "page" };
    one.look(aRollout({ annotations, run: { ...failed.run } }), still);
    expect(posted.map(({ receiver }) => receiver)).to.deep.equal(["page"]);
    const silent = notifier();
    silent.one.look(aRollout({ annotations: { "serin.dev/notify": "none" }, run: { ...failed.run } }), still);
    expect(silent.posted).to.deep.equal([]);
  });
});
