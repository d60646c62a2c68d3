import { expect } from "chai";
import fc from "fast-check";
import { tokenData, tokensOf } from "../../../certs/material.ts";
import { nextTokenDecisionAt, type Token, tokenInForce, tokensAfter } from "../../../certs/tokens.ts";

const dayMs = 24 * 3_600_000;
const now = Date.UTC(2026, 0, 1);
const lives = { lifeMs: 30 * dayMs, settleMs: 60_000 };
const born = (value: string, agoMs: number, replacedAgoMs?: number): Token => ({
  value,
  bornAt: now - agoMs,
  ...(replacedAgoMs === undefined ? {} : { replacedAt: now - replacedAgoMs }),
});
const month = 30 * dayMs;

describe("certs/tokens", () => {
  const rows: [string, readonly Token[], readonly string[], readonly Token[], string][] = [
    ["none: one at once, in force at once", [], [], [born("new", 0)], "new"],
    ["the only one, too young", [born("a", 1)], [], [born("a", 1)], "a"],
    ["one", [born("a", month - 1)], ["a"], [born("a", month - 1)], "a"],
    ["one that is due", [born("a", month)], ["a"], [born("a", month), born("new", 0)], "a"],
    [
      "two, the newer has not settled",
      [born("a", month), born("b", 59_999)],
      ["a"],
      [born("a", month), born("b", 59_999)],
      "a",
    ],
    [
      "two, the newer has settled, the configuration has the older",
      [born("a", month), born("b", 60_000)],
      ["a"],
      [born("a", month), born("b", 60_000)],
      "b",
    ],
    [
      "two, the configuration has got the newer",
      [born("a", month), born("b", 60_000)],
      ["b"],
      [born("a", month, 0), born("b", 60_000)],
      "b",
    ],
    [
      "two, the older was replaced a moment ago",
      [born("a", month, 59_999), born("b", 120_000)],
      ["b"],
      [born("a", month, 59_999), born("b", 120_000)],
      "b",
    ],
    [
      "two, the older was replaced for the settle time",
      [born("a", month, 60_000), born("b", 120_000)],
      ["b"],
      [born("b", 120_000)],
      "b",
    ],
    [
      "two, the configuration has the replaced one again",
      [born("a", month, 60_000), born("b", 120_000)],
      ["a", "b"],
      [born("a", month), born("b", 120_000)],
      "b",
    ],
    [
      "a replica whose clock is behind: the configuration has a token that is too young",
      [born("a", month), born("b", 59_000)],
      ["b"],
      [born("a", month, 0), born("b", 59_000)],
      "b",
    ],
    ["an instant of the future", [born("a", -month)], ["a"], [born("a", 0)], "a"],
    ["an old pod runs: the configuration is plain", [born("a", 60_000)], [""], [born("a", 60_000)], "a"],
  ];
  for (const [what, tokens, has, after, inForce] of rows) {
    it(what, () => {
      const configured = new Set(has);
      const result = tokensAfter({ tokens, configured, now }, "new", lives);
      expect(result).to.deep.equal(after);
      expect(tokenInForce({ tokens: result, configured, now }, lives.settleMs)?.value).to.equal(inForce);
      expect(tokensAfter({ tokens: result, configured, now }, "newer", lives), "again").to.deep.equal(result);
    });
  }

  it("survives the way through a Secret", () => {
    const tokens = [born("a".repeat(64), month, 5), born("01".padEnd(64, "c"), 7)];
    expect(tokensOf({ metadata: { name: "x" }, data: tokenData(tokens) })).to.deep.equal(tokens);
  });

  const base64 = (text: string) => Buffer.from(text).toString("base64");
  for (const text of [
    "",
    "{",
    "7",
    "null",
    "[null]",
    '[{"value":"x","bornAt":"2026-01-01T00:00:00Z"}]',
    "[7]",
  ]) {
    it(`finds no token in ${text || "nothing"}`, () => {
      expect(tokensOf({ metadata: { name: "x" }, data: { "webhook-tokens": base64(text) } })).to.deep.equal(
        [],
      );
    });
  }

  it("announces the next instant at which the decision differs", () => {
    const ago = fc.integer({ min: 0, max: 2 * month });
    const some = fc.tuple(ago, ago, fc.boolean()).map(([older, newer, isReplaced]) => {
      const [a, b] = [Math.max(older, newer), Math.min(older, newer)];
      return [isReplaced ? born("a", a, Math.min(a, 30_000)) : born("a", a), born("b", b)];
    });
    fc.assert(
      fc.property(some, (tokens) => {
        const configured = new Set(["b"]);
        const kept = tokensAfter({ tokens, configured, now }, "c", lives);
        const next = nextTokenDecisionAt(kept, now, lives);
        expect(next).to.be.above(now);
        const before = tokensAfter({ tokens: kept, configured, now: next - 1 }, "d", lives);
        expect(before).to.deep.equal(kept);
      }),
    );
  });
});
