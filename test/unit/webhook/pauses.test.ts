import { expect } from "chai";
import { Pauses } from "../../../webhook/pauses.ts";
import { FakeClock } from "../../support/clock.ts";

const MIB = 1024 * 1024;

describe("webhook/pauses", () => {
  it("lets few large requests wait for gateways, and one however large it is", async () => {
    const clock = new FakeClock();
    const pauses = new Pauses(clock);
    const waits = (sizes: readonly number[]) =>
      Promise.all(
        sizes.map((mib) =>
          pauses.pause(10_000, mib * MIB).then(
            () => "waited",
            (error) => error.retryAfterSeconds,
          ),
        ),
      );
    const first = waits([9, 1]);
    await clock.advance(10_000);
    expect(await first).to.deep.equal(["waited", 5]);
    const next = waits([3, 3, 3, 1]);
    await clock.advance(10_000);
    expect(await next).to.deep.equal(["waited", "waited", 5, "waited"]);
  });
});
