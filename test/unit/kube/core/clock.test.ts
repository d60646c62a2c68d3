import { expect } from "chai";
import { systemClock } from "../../../../kube/core/clock.ts";

describe("the machine's clock", () => {
  const outcome = (ms: number) =>
    systemClock.sleep(ms, AbortSignal.timeout(20)).then(
      () => "slept",
      (error: Error) => error.name,
    );

  it("does not take a wait that is not a number for a millisecond", async () => {
    expect(await outcome(Number.NaN)).to.equal("AbortError");
  });

  it("does not take an endless wait for a millisecond", async () => {
    expect(await outcome(Number.POSITIVE_INFINITY)).to.equal("AbortError");
    expect(await outcome(2 ** 31)).to.equal("AbortError");
  });

  it("does not wait for an instant that is past", async () => {
    expect(await outcome(-1_000)).to.equal("slept");
  });
});
