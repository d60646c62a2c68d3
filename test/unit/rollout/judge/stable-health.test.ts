import { expect } from "chai";
import { foldRecent, isStableBroken, usualOf } from "../../../../rollout/judge/stable-health.ts";

/** The latest requests after ticks of 100 requests, of which so many fail each. */
const recent = (...failed: readonly number[]) =>
  failed.reduce((before, bad) => foldRecent(before, { bad, total: 100 }), { bad: 0, total: 0 });

describe("the health of the stable version", () => {
  it("is broken when it fails clearly more than before the rollout, however few or many failed then", () => {
    const rows: readonly (readonly [usual: number | undefined, failed: number, broken: boolean])[] = [
      [0, 100, true],
      [0, 20, true],
      [0, 6, false],
      [0.001, 50, true],
      [0.3, 33, false],
      [0.3, 80, true],
      [0.9, 100, false],
      [1, 100, false],
      [undefined, 100, true],
      [undefined, 50, false],
    ];
    for (const [usual, failed, broken] of rows) {
      const health = {
        recent: recent(failed, failed, failed, failed),
        ...(usual !== undefined && { usual }),
      };
      expect(isStableBroken(health), `${usual} then ${failed}`).to.equal(broken);
    }
  });

  it("is broken at the first bad tick, and well some ticks after the last", () => {
    expect(isStableBroken({ usual: 0, recent: recent(0, 0, 0, 0, 100) })).to.equal(true);
    expect(isStableBroken({ usual: 0, recent: recent(100, 100, 100, 0, 0) })).to.equal(true);
    expect(isStableBroken({ usual: 0, recent: recent(100, 100, 100, 0, 0, 0, 0, 0) })).to.equal(false);
  });

  it("does not change without requests, and needs more than a few of them", () => {
    const before = recent(0, 100);
    expect(foldRecent(before, { bad: 0, total: 0 })).to.equal(before);
    expect(isStableBroken({})).to.equal(false);
    expect(isStableBroken({ usual: 0, recent: { bad: 2, total: 2 } })).to.equal(false);
    expect(isStableBroken({ usual: 0, recent: { bad: 5, total: 5 } })).to.equal(true);
  });

  it("was before the rollout as in the worst minute with enough requests", () => {
    expect(usualOf([])).to.equal(undefined);
    expect(usualOf([{ bad: 3, total: 19 }])).to.equal(undefined);
    expect(
      usualOf([
        { bad: 3, total: 10 },
        { bad: 1, total: 10 },
      ]),
    ).to.equal(0.2);
    expect(
      usualOf([
        { bad: 0, total: 100 },
        { bad: 50, total: 100 },
        { bad: 9, total: 9 },
      ]),
    ).to.equal(0.5);
  });
});
