import { expect } from "chai";
import { type Clock, hastyClock } from "../../../../kube/core/clock.ts";
import { FakeClock } from "../../../support/clock.ts";
import { MemoryApi } from "../../../support/memory.ts";
import { type Contender, contend, Throne } from "./election.ts";

const HOUR_MS = 3_600_000;

describe("leader election, when the clock of a machine is set", () => {
  let clock: FakeClock;
  let throne: Throne;
  let contenders: Contender[];
  /** By how much (ms) the machine of each contender was set. */
  let setBy: Record<string, number>;

  beforeEach(async () => {
    clock = new FakeClock();
    [throne, setBy] = [new Throne(clock), { a: 0, b: 0 }];
    const election = { api: new MemoryApi(clock), clock, throne };
    const clockOf = (identity: string): Clock => ({
      now: () => clock.now() + (setBy[identity] ?? 0),
      sleep: (ms, signal) => clock.sleep(ms, signal),
    });
    const enter = (identity: string) => {
      const machine = clockOf(identity);
      const hasty = hastyClock(machine, clock);
      return contend(election, identity, { clock: machine, hasty, latencyMs: () => 20 });
    };
    contenders = [enter("a")];
    await clock.advance(0);
    contenders.push(enter("b"));
    await clock.advance(7_000);
  });
  afterEach(() => {
    for (const { stop } of contenders) stop.abort();
  });

  /** Passes a minute, and looks every 100 ms who may write. */
  const minute = async () => {
    for (let i = 0; i < 600; i += 1) {
      await clock.advance(100);
      throne.count();
    }
  };

  for (const [who, by] of [
    ["a", -HOUR_MS],
    ["b", HOUR_MS],
    ["b", -HOUR_MS],
  ] as const)
    it(`keeps its leader if that of ${who === "a" ? "the leader" : "the other one"} goes ${by > 0 ? "forward" : "back"} by an hour`, async () => {
      setBy[who] = by;
      await minute();
      expect([throne.history.length, throne.most]).to.deep.equal([1, { leaders: 1, writers: 1 }]);
    });

  // A clock that is set ahead looks like a machine that was suspended.
  it("has a leader again soon, and never two, if that of the leader goes forward by an hour", async () => {
    setBy.a = HOUR_MS;
    const setAt = clock.now();
    await minute();
    const [, next, ...more] = throne.history;
    expect([more, throne.most]).to.deep.equal([[], { leaders: 1, writers: 1 }]);
    // The leader notices it at its next renewal, in 5 s at most.
    expect((next?.from ?? Number.NaN) - setAt, "ms until somebody leads again").to.be.below(6_000);
  });

  it("stops a leader that is cut off, whose clock goes back by an hour, before another one follows", async () => {
    setBy.a = -HOUR_MS;
    const [a] = contenders;
    if (a !== undefined) a.line.cut = true;
    await minute();
    expect([[...throne.leaders.keys()], throne.most]).to.deep.equal([["b"], { leaders: 1, writers: 1 }]);
  });
});
