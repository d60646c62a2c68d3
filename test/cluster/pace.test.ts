import { expect } from "chai";
import { startPace } from "./pace.ts";

describe("a pace", () => {
  /** Keeps every timer of this process waiting. */
  const block = (ms: number) => {
    for (const end = performance.now() + ms; performance.now() < end; );
  };

  it("has begun every turn that was due when it stops, although its timer was late", async () => {
    const begun: number[] = [];
    const pace = startPace(1_000, async (index) => void begun.push(index));
    block(60);
    await pace.stop();
    expect(begun.length).to.be.at.least(60);
    expect(begun).to.deep.equal(begun.map((_, i) => i));
    const { length } = begun;
    block(20);
    await pace.stop();
    expect(begun, "after the end").to.have.length(length);
  });

  it("loses no turn that was due when its rate changes", async () => {
    let begun = 0;
    const pace = startPace(1_000, async () => void begun++);
    block(60);
    pace.at(1);
    await pace.stop();
    expect(begun).to.be.at.least(60);
  });
});
