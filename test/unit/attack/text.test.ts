import { expect } from "chai";
import { CONFIG } from "../../../rollout/keys.ts";
import { annotations } from "../../../rollout/plan/annotations.ts";
import { parseTemplate, render } from "../../../rollout/plan/metric-template.ts";
import { parsePlan } from "../../../rollout/plan/plan.ts";
import { configOf } from "../../../rollout/tracking/pending.ts";
import { processorTime } from "../../support/processor-time.ts";

/** All that an object's annotations may have together. */
const MOST = 262_144;
/** For one value, ms; what grows with the square of such a length takes half a minute. */
const LONGEST_MS = 1_500;
const heads = [
  "",
  "header a=b",
  "header ",
  "header a~",
  "a=",
  "10",
  "- ",
  "[",
  "{",
  "- headers: [{name: a, value: ",
  "&a ",
];
const runs = [
  " ",
  "a",
  "1",
  ",",
  "[",
  "{",
  "(",
  "a=1..",
  "and ",
  " and",
  "\\",
  '"',
  "- ",
  "*a ",
  "a: ",
  "(a+)+",
  "[a",
  ".*",
  "\t",
  "!!map ",
];

describe("a quarter of a megabyte of text under one key takes no time that grows with its square", () => {
  // Mocha keeps whole stacks, of which an overflow has many thousand lines; Serin does not.
  const { stackTraceLimit } = Error;
  before(() => {
    Error.stackTraceLimit = 10;
  });
  after(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  // As long as one value may be, and as an object may carry.
  const values = [4_096, MOST].flatMap((length) =>
    heads.flatMap((head) => runs.map((run) => head + run.repeat(length).slice(0, length - head.length))),
  );
  for (const { key } of Object.values(annotations)) {
    it(key, () => {
      for (const value of values) {
        expect(
          processorTime(() => parsePlan({ "serin.dev/rollout": "canary", [key]: value })),
          JSON.stringify(value.slice(0, 40)),
        ).to.be.below(LONGEST_MS);
      }
    });
  }

  it(`${CONFIG} of a pod template`, () => {
    for (const text of values) {
      const template = { metadata: { annotations: { [CONFIG]: text } } };
      expect(
        processorTime(() => configOf(template)),
        JSON.stringify(text.slice(0, 40)),
      ).to.be.below(LONGEST_MS);
    }
  });

  it("and ten thousand keys", () => {
    const many = Array.from({ length: 10_000 }, (_, i) => [`serin.dev/step${i}`, "25"]);
    const given = { "serin.dev/rollout": "canary", ...Object.fromEntries(many) };
    expect(processorTime(() => parsePlan(given))).to.be.below(LONGEST_MS);
  });
});

describe("names of JavaScript's own", () => {
  const hostile = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];
  const untouched = () => ({}) as Record<string, unknown>;

  it("as keys of annotations, YAML, matches, hooks and variables change nothing but themselves", () => {
    for (const key of hostile) {
      parsePlan({ "serin.dev/rollout": "canary", [`serin.dev/${key}`]: "x", [key]: "x" });
      const yaml = `{${key}: {polluted: yes}, name: ${key}, url: "http://a/", metadata: {${key}: "x"}}`;
      annotations.hooks.parse(`[${yaml}]`);
      annotations.match.parse(`[{headers: [{name: ${key}, value: x}], ${key}: {polluted: 1}}]`);
      annotations.variables.parse(`${key}=polluted`);
      annotations.checks.parse(`${key} >= 1`);
      parseTemplate({ query: `{{ variables.${key} }} {{ ${key} }}`, [key]: "x" }, () =>
        JSON.parse(`{"${key}":"x"}`),
      );
      expect(untouched().polluted, key).to.equal(undefined);
      expect(Object.keys(Object.prototype), key).to.deep.equal([]);
    }
  });

  it("as unset variables are unset", () => {
    for (const key of hostile) {
      const parsed = parseTemplate({ query: `"{{ variables.${key} }}"` }, () => ({}));
      if (!("template" in parsed)) throw new Error("no template");
      expect(render(parsed.template, { namespace: "a", target: "b" }, {}), key).to.have.property("problems");
    }
  });
});
