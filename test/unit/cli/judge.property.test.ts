import { expect } from "chai";
import fc from "fast-check";
import { replay } from "../../../cli/judge-replay.ts";
import { parseRequest } from "../../../cli/judge-request.ts";
import { harmDefaults } from "../../../rollout/judge/harm-test.ts";

describe("a request to judge, whatever people write", () => {
  it("is judged in finite numbers or complained about, and never throws", () => {
    const value = fc.oneof(fc.constantFrom(0.5, 1, 5, null, true, [0.1, 0.5]), fc.jsonValue());
    const names = fc.constantFrom("r0", "r1", "delta", "margin", "limit", "le", "cap", "phi", "onset");
    const options = fc.oneof(
      fc.constant({ le: [1, 2, null] }),
      fc.dictionary(names, value, { maxKeys: 3 }),
      value,
    );
    const pair = fc.tuple(fc.nat(9), fc.nat()).map(([bad, good]) => [bad, bad + good]);
    const rows = fc.oneof(
      pair,
      fc.tuple(pair, pair).map((pairs) => pairs.flat()),
      fc.array(fc.double()),
    );
    const histogram = fc
      .array(fc.nat(1_000), { minLength: 2, maxLength: 3 })
      .map((it) => it.sort((a, b) => a - b));
    const ticks = fc.oneof(
      fc.array(rows),
      fc.array(fc.record({ c: histogram, s: histogram })),
      fc.jsonValue(),
    );
    const modes = fc.constantFrom("harm", "safety", "guard", "latency", "__proto__");
    const requests = fc
      .tuple(modes, fc.oneof(fc.constant({}), options), ticks)
      .map(([mode, how, given]) => ({ [mode]: how, ticks: given }));
    let judged = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: requests }, fc.jsonValue()), (json) => {
        const parsed = parseRequest(JSON.parse(JSON.stringify(json)));
        if ("complaints" in parsed) {
          expect(parsed.complaints).not.to.have.length(0);
          return;
        }
        const found = replay(parsed.request);
        const logs = "logE" in found ? found.logE : found.logF;
        expect(logs.every(Number.isFinite)).to.equal(true);
        judged += 1;
      }),
      { numRuns: 2_000 },
    );
    // Most are refused; that some are judged shows that not all of this was about complaints.
    expect(judged).to.be.above(10);
  });

  it("is judged with the product's own defaults", () => {
    const parsed = parseRequest({ harm: {}, ticks: [] });
    expect(parsed).to.deep.equal({
      request: { mode: "harm", options: { ...harmDefaults, alpha: 0.01 }, ticks: [] },
    });
  });
});
