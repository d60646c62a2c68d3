import { expect } from "chai";
import { skippedIn, ticksOf } from "../../../../bench/scale/ticks.ts";

const line = (end: string, time: string, query: string) =>
  `${JSON.stringify({ params: { query, end }, time })}\n`;

describe("the ticks in Prometheus' query log", () => {
  it("last until the last answer about their instant, and count each rollout once", () => {
    const log = [
      line("2026-01-01T00:00:05Z", "2026-01-01T00:00:05.200Z", "x{a=~'app-0001(-canary)?|app-0002'}"),
      line("2026-01-01T00:00:05Z", "2026-01-01T00:00:05.900Z", "y{a=~'app-0002|app-0003'}"),
      line("2026-01-01T00:00:15Z", "2026-01-01T00:00:15.100Z", "y{a=~'app-0002'}"),
      line("2026-01-01T00:00:16Z", "2026-01-01T00:00:16.100Z", "up"),
    ].join("");
    const ticks = ticksOf(log);
    expect(ticks.map(({ instant, answered, rollouts }) => [answered - instant, rollouts])).to.deep.equal([
      [900, 3],
      [100, 1],
    ]);
    expect(skippedIn(ticks, 5_000)).to.equal(1);
    expect(skippedIn([], 5_000)).to.equal(0);
  });
});
