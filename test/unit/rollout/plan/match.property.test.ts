import { expect } from "chai";
import fc from "fast-check";
import { describeMatches, parseMatches } from "../../../../rollout/plan/match.ts";
import { cookieOf } from "../../../../rollout/traffic/sticky.ts";
import { cases } from "../../../support/cases.ts";

const token = fc.stringMatching(/^[a-z.$+*_-]{1,3}$/);
const anyValue = fc.oneof(
  fc.stringMatching(/^[a-z0-9.$+*()[\]{}|\\^?="/ -]{1,6}$/).map((value) => value.trim() || "x"),
  fc.constantFrom("1", "2", "canary=always"),
);
const anyExpression = fc.constantFrom(
  "1|2",
  "a.*",
  ".+",
  "[a-c]+",
  "(?:a|b)?1",
  String.raw`\d+`,
  String.raw`x\.y`,
  "a.?",
  "",
);
const anyCondition = fc.oneof(
  fc.record({ name: token, value: anyValue, type: fc.constant("Exact") }),
  fc.record({ name: token, value: anyExpression.filter(Boolean), type: fc.constant("RegularExpression") }),
);
type Condition = { readonly name: string; readonly value: string; readonly type: string };
const anyConditions = fc.uniqueArray(anyCondition, {
  minLength: 1,
  maxLength: 3,
  selector: ({ name }) => name,
});
const anyCookies = fc.uniqueArray(fc.tuple(token, anyValue), { maxLength: 5, selector: ([name]) => name });

/** Whether an implementation sends such a request to the rule, whichever way it reads expressions. */
function isMatched(expression: string, header: string): boolean {
  const searched = new RegExp(expression).test(header);
  expect(new RegExp(`^(?:${expression})$`).test(header), "the same as of the whole").to.equal(searched);
  return searched;
}

function headerOf(text: string): string {
  const parsed = parseMatches(text);
  if ("problems" in parsed) throw new Error(parsed.problems.join("; "));
  return parsed.value[0]?.headers?.[0]?.value ?? expect.fail();
}

const isMet = ({ name, value, type }: Condition, cookies: readonly (readonly [string, string])[]) =>
  cookies.some(
    ([key, actual]) =>
      key === name && (type === "Exact" ? actual === value : new RegExp(`^(?:${value})$`).test(actual)),
  );

/** What a browser sends, with one of them as it is wanted, perhaps. */
const anyHeader = fc
  .tuple(
    anyConditions,
    anyCookies,
    fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    fc.constantFrom("; ", ";"),
  )
  .chain(([conditions, others, present, separator]) => {
    const own = conditions.filter(({ type }, i) => present[i] && type === "Exact");
    const named = new Set(own.map(({ name }) => name));
    const cookies = [
      ...own.map(({ name, value }) => [name, value] as const),
      ...others.filter(([name]) => !named.has(name)),
    ];
    return fc.shuffledSubarray(cookies, { minLength: cookies.length }).map((shuffled) => ({
      conditions,
      cookies: shuffled,
      header: shuffled.map(([n, v]) => `${n}=${v}`).join(separator),
    }));
  });

describe("conditions on cookies, whatever a browser sends", () => {
  it("match requests with all of them, in any order, and no others, in every dialect", () => {
    let met = 0;
    fc.assert(
      fc.property(anyHeader, ({ conditions, cookies, header }) => {
        const expected = conditions.every((condition) => isMet(condition, cookies));
        met += expected ? 1 : 0;
        expect(isMatched(headerOf(JSON.stringify([{ cookies: conditions }])), header)).to.equal(expected);
      }),
      { numRuns: cases(2_000) },
    );
    expect(met).to.be.above(cases(20));
  });

  it("never match by one cookie's value what stands in another", () => {
    const anyText = fc.stringMatching(/^[a-c1.*+?|()[\]^$\\;{}dDsSwW-]{1,8}$/);
    fc.assert(
      fc.property(anyText, anyCookies, (value, others) => {
        const parsed = parseMatches(
          JSON.stringify([{ cookies: [{ name: "me1", value, type: "RegularExpression" }] }]),
        );
        if ("problems" in parsed) return;
        const expression = parsed.value[0]?.headers?.[0]?.value ?? "";
        for (const own of ["", "1", "a", "zz"]) {
          const alone = isMatched(expression, `me1=${own}`);
          const header = [`me1=${own}`, ...others.map(([n, v]) => `${n}=${v}`)].join("; ");
          expect(isMatched(expression, header)).to.equal(alone);
          expect(isMatched(expression, others.map(([n, v]) => `${n}=${v}`).join("; "))).to.equal(false);
        }
      }),
      { numRuns: cases(2_000) },
    );
  });

  it("keep the versions of one rollout from those of another, whatever its name", () => {
    const anySticky = fc.record({
      cookie: token,
      id: fc.stringMatching(/^[a-z0-9]{1,4}$/),
      seconds: fc.constant(60),
    });
    fc.assert(
      fc.property(anySticky, anySticky, (one, other) => {
        const { value } = cookieOf(one, "canary").headers?.[0] ?? expect.fail();
        expect(isMatched(value, `a=b; ${one.cookie}=${one.id}-canary; c`)).to.equal(true);
        expect(isMatched(value, `${one.cookie}=${one.id}-stable`)).to.equal(false);
        const same = one.cookie === other.cookie && one.id === other.id;
        expect(isMatched(value, `${other.cookie}=${other.id}-canary`)).to.equal(same);
      }),
    );
  });

  it("are read, or refused with a reason, whatever people write", () => {
    const texts = fc.oneof(
      fc.string(),
      fc.stringMatching(/^(header|cookie|query) [a-z]{1,3}[=~].{0,20}$/),
      fc.stringMatching(/^[[{]?[-a-z:{}[\], ]{0,30}[\]}]?$/),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseMatches(text);
        if ("problems" in parsed) expect(parsed.problems.join()).not.to.equal("");
        else expect(describeMatches(parsed.value)).not.to.match(/undefined|\[object/);
      }),
      { numRuns: cases(3_000) },
    );
  });
});
