import { expect } from "chai";
import { CurrentNotifications } from "../../../../controller/notify/current-notifications.ts";
import { type NotifyConfiguration, parseNotifications } from "../../../../rollout/notify/configuration.ts";
import { FakeClock } from "../../../support/clock.ts";
import { rememberingLog } from "../../../support/log.ts";

const one = parseNotifications({ receivers: "team: {type: slack, url: 'http://a.test'}" });
const other = parseNotifications({ receivers: "team: {type: slack, url: 'http://b.test'}" });
const faulty = parseNotifications({ receivers: "team: {type: x}" });

function current(answers: (NotifyConfiguration | Error)[]) {
  const clock = new FakeClock();
  const log = rememberingLog();
  let [reads, changes] = [0, 0];
  const kept = new CurrentNotifications({
    async read() {
      reads += 1;
      const answer = answers.shift() ?? one;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    clock,
    log,
    onChange: () => (changes += 1),
  });
  return { kept, clock, log, counts: () => [reads, changes] };
}

describe("controller/notify/current-notifications", () => {
  it("sees a change within a minute, such as another value of the Secret", async () => {
    const { kept, clock, counts } = current([one, one, other]);
    await kept.refresh();
    expect(kept.get()).to.equal(one);
    await clock.advance(59_000);
    expect([kept.get(), counts()]).to.deep.equal([one, [1, 0]]);
    await clock.advance(1_000);
    kept.get();
    await clock.advance(60_000);
    kept.get();
    await clock.advance(0);
    expect([kept.get(), counts()]).to.deep.equal([other, [3, 1]]);
  });

  it("keeps the last one while it cannot be read, and tries again after 10 s", async () => {
    const { kept, clock, log } = current([one, new Error("no")]);
    await kept.refresh();
    await kept.refresh();
    expect(kept.get()).to.equal(one);
    expect(log.lines).to.deep.equal(["info: notifications", "warn: read notifications failed"]);
    await clock.advance(10_000);
    kept.get();
    await clock.advance(0);
    expect(log.lines).to.have.length(2);
  });

  it("logs once what is not valid", async () => {
    const { kept, log } = current([faulty, faulty]);
    await kept.refresh();
    await kept.refresh();
    expect(log.lines).to.deep.equal(["warn: notifications not valid"]);
  });
});
