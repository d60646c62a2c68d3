import { expect } from "chai";
import { annotations } from "../../../../rollout/plan/annotations.ts";
import { nearest } from "../../../../rollout/text/suggest.ts";

const keys = Object.values(annotations).map(({ key }) => key.slice("serin.dev/".length));
const fields = ["type", "name", "url", "timeout", "retries", "metadata", "disableTLS", "muteAlert"];

describe("did you mean", () => {
  const slips: readonly (readonly [word: string, meant: string, among?: readonly string[]])[] = [
    ["stpes", "steps"],
    ["setps", "steps"],
    ["step", "steps"],
    ["stepz", "steps"],
    ["Steps", "steps"],
    ["stickyness", "sticky"],
    ["stiky", "sticky"],
    ["intervall", "interval"],
    ["max-intervall", "max-interval"],
    ["maxinterval", "max-interval"],
    ["iteration", "iterations"],
    ["on-failed", "on-failure"],
    ["onfailure", "on-failure"],
    ["mirorr", "mirror"],
    ["cheks", "checks"],
    ["compair", "compare"],
    ["varaibles", "variables"],
    ["rollot", "rollout"],
    ["sevrices", "services"],
    ["retry", "retries", fields],
    ["tiemout", "timeout", fields],
    ["disabletls", "disableTLS", fields],
  ];
  for (const [word, meant, among = keys] of slips) {
    it(`takes ${word} for ${meant}`, () => expect(nearest(word, among)).to.equal(meant));
  }

  for (const [word, among] of [
    ["zebra", keys],
    ["canary-weight", keys],
    ["headers", fields],
    ["x".repeat(65), ["x".repeat(64)]],
  ] as const) {
    it(`has no suggestion for ${word}`, () => expect(nearest(word, among)).to.equal(undefined));
  }

  it("allows as few edits as the caller says", () => {
    expect(nearest("press-rate", ["success-rate"], 3)).to.equal(undefined);
    expect(nearest("succes-rate", ["success-rate"], 3)).to.equal("success-rate");
  });
});
