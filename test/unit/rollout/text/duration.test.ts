import { expect } from "chai";
import fc from "fast-check";
import { describeDuration, formatDuration, parseDuration } from "../../../../rollout/text/duration.ts";

describe("duration", () => {
  const readable = [
    ["90s", 90_000],
    ["1m30s", 90_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["1h1ms", 3_600_001],
    ["200ms", 200],
    ["0s", 0],
  ] as const;
  for (const [text, ms] of readable) it(`reads ${text}`, () => expect(parseDuration(text)).to.equal(ms));

  const refused = [
    "",
    "90",
    "-5m",
    "1h 5",
    "1.5h",
    "5M",
    "30s1m",
    "m",
    " 1m",
    "1m\n",
    "1234567h",
    "1d",
    "٣s",
  ];
  for (const text of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => expect(parseDuration(text)).to.equal(undefined));
  }

  it("reads whatever it writes", () => {
    fc.assert(fc.property(fc.nat({ max: 3_600_000_000 }), (ms) => parseDuration(formatDuration(ms)) === ms));
  });

  it("writes the shortest form", () => {
    expect(formatDuration(90_000)).to.equal("1m30s");
    expect(formatDuration(0)).to.equal("0s");
    expect(describeDuration(5_400_000)).to.equal("1 h 30 min");
    expect(describeDuration(0)).to.equal("0 s");
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.string(), (text) => (parseDuration(text) ?? 0) >= 0));
  });
});
