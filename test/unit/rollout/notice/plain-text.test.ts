import { expect } from "chai";
import fc from "fast-check";
import {
  asCode,
  asHtml,
  asMarkdown,
  fitted,
  plainText,
  wholeLines,
} from "../../../../rollout/notice/plain-text.ts";
import { anyText } from "../../../support/any-text.ts";
import { cases } from "../../../support/cases.ts";

describe("rollout/notice/plain-text", () => {
  const same = [
    "rolled back at 10%: errors. Evidence 354:1",
    "kubectl annotate deployment/web serin.dev/retry=2 tries again",
    "größer · 日本語 · 🎉",
  ];
  for (const text of same) it(`leaves ${text}`, () => expect(plainText(text)).to.equal(text));

  const changed: readonly (readonly [string, string])[] = [
    ["@everyone look", "@\u200beveryone look"],
    ["see https://evil.test/x", "see https:\u200b//evil.test/x"],
    ["see www.evil.test", "see www\u200b.evil.test"],
    ["two\nlines\tand\u2028more", "two lines and more"],
    ["turned \u202egnp.exe", "turned gnp.exe"],
    ["half \ud83d", "half \ufffd"],
    ["  trimmed  ", "trimmed"],
  ];
  for (const [given, plain] of changed)
    it(`changes ${JSON.stringify(given)}`, () => expect(plainText(given)).to.equal(plain));

  it("leaves no text that a chat takes for a mention or an address", () => {
    const parts = fc.constantFrom(
      "@",
      "://",
      "www.",
      "http",
      "everyone",
      " ",
      "\n",
      "a",
      "<!channel>",
      "😀",
      "\u202e",
    );
    fc.assert(
      fc.property(fc.array(parts), anyText, (some, other) => {
        const plain = plainText(some.join("") + other);
        expect(plain).to.not.match(/@(?!\u200b)|:\/\/|\bwww\.|[\p{Cc}\u2028\u2029\u202a-\u202e]/iu);
        expect(plain.isWellFormed()).to.equal(true);
      }),
      { numRuns: cases(2_000) },
    );
  });

  it("fits any text, and cuts neither a character nor its escape", () => {
    const escapes = [undefined, asHtml, asMarkdown, asCode];
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 80 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(...escapes),
        (text, most, written) => {
          const cut = fitted(text, most, written);
          expect(cut.length).to.be.at.most(most);
          const whole = fitted(text, 100_000, written);
          expect(cut === whole || (cut.endsWith("…") && whole.startsWith(cut.slice(0, -1)))).to.equal(true);
          expect(cut.isWellFormed()).to.equal(text.isWellFormed());
          if (written === asHtml) expect(cut).to.not.match(/&(?!amp;|lt;|gt;)/);
        },
      ),
      { numRuns: cases(2_000) },
    );
  });

  it("keeps whole lines only", () => {
    expect(wholeLines(["kubectl a", "kubectl b"], 20)).to.deep.equal(["kubectl a", "kubectl b"]);
    expect(wholeLines(["kubectl a", "kubectl b"], 19)).to.deep.equal(["kubectl a"]);
  });
});
