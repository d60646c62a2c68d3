import { expect } from "chai";
import { terminalAt } from "../../../../cli/frame/terminal.ts";
import type { Ended } from "../../../../cli/reading/awaited.ts";
import { followRollout } from "../../../../cli/reading/follow.ts";
import { atRest, failed, inProgress, promoting, waiting } from "../../../../docs/example-rollout.ts";
import type { RolloutView } from "../../../../rollout/view/view.ts";
import { kept } from "../frame/streams.ts";

const { started = "" } = inProgress;
/** The same rollout in another state. */
const later = (view: RolloutView): RolloutView => ({ ...view, started });

/** Waits over these looks, one a second, and says what was told. The first answer corrects the clock by `firstMs`. */
async function follow(
  views: readonly RolloutView[],
  { firstMs = 0, ...options }: { timeout?: number; untilPause?: boolean; firstMs?: number } = {},
) {
  let now = 0;
  let looks = 0;
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const streams = kept();
  const place = { isTty: false, columns: 200, environment: {}, platform: "linux" };
  const terminal = terminalAt(place, { color: "never", ascii: false }, streams);
  const left = [...views];
  const read = async () => {
    if (looks === 0) now += firstMs;
    looks += 1;
    return { view: (left.length > 1 ? left.shift() : left[0]) as RolloutView, unread: [] };
  };
  const ends: Ended[] = [];
  const given = { wait: true, untilPause: false, timeout: 0, ...options };
  const onEnd = (_view: RolloutView, end: Ended) => ends.push(end);
  const code = await followRollout(read, { ...given, onEnd }, { terminal, clock: clock as never });
  return { code, ends, looks, ...streams.written };
}

describe("a wait for the end of a rollout", () => {
  it("tells each news once, and the outcome as the first word of the last line", async () => {
    const { code, out, error, ends } = await follow([
      inProgress,
      { ...inProgress, says: "canary has 25%: other numbers" },
      promoting,
      later(atRest),
    ]);
    expect(out.split("\n").map((line) => line.replace(/^\d\d:\d\d:\d\d /, ""))).to.deep.equal([
      "progressing step 2 of 3, canary 25 %",
      "promoting step 3 of 3, canary 29 %",
      `at rest: ${atRest.says}`,
      "promoted deployment/web revision 8",
      "",
    ]);
    expect([code, error, ends]).to.deep.equal([0, "", [{ word: "promoted", code: 0 }]]);
  });

  it("ends at a rollback with 3, and the verdict on the standard error", async () => {
    const { code, error, ends } = await follow([inProgress, later(failed)]);
    expect([code, ends]).to.deep.equal([3, [{ word: "rolled-back", code: 3 }]]);
    expect(error).to.include("errors. canary 19 of 400 requests failed");
  });

  it("ends at a pause only where that is asked for", async () => {
    expect((await follow([inProgress, later(waiting)], { untilPause: true })).ends).to.deep.equal([
      { word: "waiting", code: 0 },
    ]);
    const { code, ends, error } = await follow([inProgress, later(waiting)], { timeout: 10_000 });
    expect([code, ends]).to.deep.equal([2, [{ word: "timeout", code: 2 }]]);
    expect(error).to.match(/^timeout: deployment\/checkout is still waiting: /);
  });

  for (const firstMs of [-300_000, 300_000])
    it(`lasts as long as its timeout, where the first answer corrects the clock by ${firstMs} ms`, async () => {
      const { ends, looks } = await follow([inProgress], { timeout: 10_000, firstMs });
      expect(ends).to.deep.equal([{ word: "timeout", code: 2 }]);
      expect(looks).to.equal(11);
    });
});
