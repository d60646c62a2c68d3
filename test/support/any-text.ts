import fc from "fast-check";

/** Surrogates, which are no characters by themselves, have numbers from 0xd800 to 0xdfff. */
const SURROGATES = { from: 0xd800, count: 0x800 };

/**
 * Text of any Unicode characters. The unit "binary" of fc.string() gives the same, but makes a table of all of a million
 * characters first, which takes more than a second.
 */
export const anyText: fc.Arbitrary<string> = fc.string({
  unit: fc
    .integer({ min: 0, max: 0x10ffff - SURROGATES.count })
    .map((n) => String.fromCodePoint(n < SURROGATES.from ? n : n + SURROGATES.count)),
});
