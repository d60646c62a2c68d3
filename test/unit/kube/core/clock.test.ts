import { expect } from "chai";
import { hastyClock, systemClock } from "../../../../kube/core/clock.ts";

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

describe("a clock that may be ahead", () => {
  it("passes steadily, counts the time of a suspended machine, and is never set back", () => {
    const at = { machine: 1_000_000, steady: 50 };
    const clock = hastyClock({ now: () => at.machine }, { now: () => at.steady });
    const passed = (machine: number, steady: number) => {
      const before = clock.now();
      at.machine += machine;
      at.steady += steady;
      return clock.now() - before;
    };
    expect(passed(10_000, 10_000), "time passes").to.equal(10_000);
    expect(passed(60_000, 5), "the machine was suspended").to.equal(60_000);
    expect(passed(-3_600_000, 5_000), "the clock was set back").to.equal(5_000);
    expect(passed(7_200_000, 1_000), "the clock was set ahead").to.equal(7_200_000);
    // A correction that slows the clock, or a millisecond that one of the two rounds, does not add up.
    const steps = Array.from({ length: 100 }, (_, i) => passed(i % 2, 0.5));
    expect(steps.reduce((sum, step) => sum + step)).to.equal(50);
  });
});
