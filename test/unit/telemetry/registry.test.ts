import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";

const registry = join(import.meta.dirname, "../../../telemetry/registry.ts");
/** Prints how often the event loop of a process with Serin's metrics turns in a second of rest. */
const script = `
  import { performance } from "node:perf_hooks";
  import { programRegistry } from ${JSON.stringify(registry)};
  programRegistry("webhook");
  const turns = () => performance.nodeTiming.uvMetricsInfo.loopCount;
  setTimeout(() => {
    const before = turns();
    setTimeout(() => console.log(turns() - before), 1_000);
  }, 100);
`;

describe("telemetry/registry", () => {
  it("hardly wakes a process at rest", () => {
    const turns = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
      encoding: "utf8",
    });
    expect(Number(turns)).to.be.within(1, 25);
  });
});
