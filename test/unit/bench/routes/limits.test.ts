import { expect } from "chai";
import { brokenLimits, memoryLimits } from "../../../../bench/routes/limits.ts";
import { type Row, routesTableOf } from "../../../../bench/routes/table.ts";

const row = (more: Partial<Row> = {}): Row => ({
  crowd: { plural: "httproutes", count: 2_000, kB: 255, forged: true },
  readyMs: 12_400,
  p50Ms: 80,
  p99Ms: 420,
  footprints: { webhook: { peakMiB: 200, readMiB: 510 }, controller: { peakMiB: 210, readMiB: 520 } },
  restarts: 0,
  ...more,
});
const footprints = (peakMiB: number) => ({ ...row().footprints, controller: { peakMiB, readMiB: 1 } });

describe("bench/routes", () => {
  it("has the memory limits of deploy/deployment.yaml", () => {
    expect(memoryLimits()).to.deep.equal({ webhook: 384, controller: 384 });
  });

  const cases: [string, Partial<Row>, RegExp | undefined][] = [
    ["nothing", {}, undefined],
    [
      "a late admission",
      { p99Ms: 1_000 },
      /^admission p99 1000 ms among 2,000 routes of 255 kB with forged marks/,
    ],
    ["a figure that is missing", { p99Ms: Number.NaN }, /^admission p99 NaN/],
    ["too much memory", { footprints: footprints(384) }, /^controller 384 MiB among .* not under 384$/],
    ["memory that nobody could read", { footprints: footprints(Number.NaN) }, /^controller NaN MiB/],
    ["a crash", { restarts: 1 }, /^1 restarts of Serin's containers/],
  ];
  for (const [what, more, expected] of cases) {
    it(`complains about ${what}`, () => {
      const broken = brokenLimits([row(more)], memoryLimits());
      if (expected === undefined) expect(broken).to.deep.equal([]);
      else expect(broken).to.have.length(1).and.to.have.property("0").that.matches(expected);
    });
  }

  it("prints the table that docs/operations.md has", () => {
    const [, , line] = routesTableOf([row()], memoryLimits()).split("\n");
    expect(line).to.equal(
      "| 2,000 routes of 255 kB with forged marks | 12 s | 80 ms | 420 ms | 200 MiB | 210 MiB | 510 MiB | 520 MiB |",
    );
  });
});
