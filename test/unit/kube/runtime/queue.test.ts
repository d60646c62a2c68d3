import { expect } from "chai";
import { ApiError } from "../../../../kube/client/errors.ts";
import type { Clock } from "../../../../kube/core/clock.ts";
import { Queue, type Work } from "../../../../kube/runtime/queue.ts";
import { FakeClock } from "../../../support/clock.ts";

describe("the queue", () => {
  const clock = new FakeClock();
  let worked: string[];
  let release: () => void;
  let errors: { key: string; retryInMs: number }[];

  function queueOf(
    work: Work,
    { parallel = 8, restMs = 0, signal = new AbortController().signal, ticking = clock as Clock } = {},
  ): Queue {
    worked = [];
    errors = [];
    const noted: Work = (key) => {
      worked.push(key);
      return work(key);
    };
    const onError = (key: string, _error: unknown, retryInMs: number) => void errors.push({ key, retryInMs });
    const queue = new Queue({ namespaceOf: () => "shop", onError, clock: ticking, signal, parallel, restMs });
    queue.start(noted);
    return queue;
  }

  /** Work that lasts until `release` is called. */
  const blocked: Work = () =>
    new Promise((resolve) => {
      release = () => resolve(undefined);
    });

  it("tells how long its longest work has run", async () => {
    const queue = queueOf(blocked);
    expect(queue.longestMs()).to.equal(0);
    queue.add("a");
    await clock.advance(2_000);
    expect(queue.longestMs()).to.equal(2_000);
    release();
    await clock.advance(0);
    expect(queue.longestMs()).to.equal(0);
  });

  it("holds a key once, however often it is added while it waits", async () => {
    const queue = queueOf(blocked, { parallel: 1 });
    for (const key of ["a", "b", "b", "c", "b"]) queue.add(key);
    expect(worked).to.deep.equal(["a"]);
    for (let i = 0; i < 2; i++) {
      release();
      await clock.advance(0);
    }
    expect(worked).to.deep.equal(["a", "b", "c"]);
  });

  it("lets a key rest after its work, so that a burst of changes is one more work, and no other key waits", async () => {
    const queue = queueOf(async () => undefined, { parallel: 1, restMs: 100 });
    queue.add("a");
    await clock.advance(0);
    for (let i = 0; i < 5; i += 1) {
      queue.add("a");
      await clock.advance(10);
    }
    queue.add("b");
    await clock.advance(49);
    expect(worked).to.deep.equal(["a", "b"]);
    await clock.advance(1);
    expect(worked).to.deep.equal(["a", "b", "a"]);
    await clock.advance(1_000);
    expect(worked).to.deep.equal(["a", "b", "a"]);
    queue.add("a");
    expect(worked).to.deep.equal(["a", "b", "a", "a"]);
  });

  it("works on a key again that was added while it was worked on, but never twice at once", async () => {
    const queue = queueOf(blocked);
    queue.add("a");
    queue.add("a");
    queue.add("b");
    expect(worked).to.deep.equal(["a", "b"]);
    const ends = release;
    queue.add("b");
    await clock.advance(0);
    expect(worked).to.deep.equal(["a", "b"]);
    ends();
    await clock.advance(0);
    expect(worked).to.deep.equal(["a", "b", "b"]);
  });

  it("has ended when the work under way has, and begins nothing more after the abort", async () => {
    const stop = new AbortController();
    const queue = queueOf(blocked, { signal: stop.signal });
    queue.add("a");
    stop.abort();
    let ended = false;
    const ending = queue.ended().then(() => {
      ended = true;
    });
    queue.add("b");
    await clock.advance(0);
    expect(ended).to.equal(false);
    release();
    await ending;
    expect(worked).to.deep.equal(["a"]);
    await queue.ended();
  });

  it("comes back when the work says so, and at the earliest of several wishes", async () => {
    const queue = queueOf(async () => (worked.length === 1 ? 5_000 : undefined));
    queue.add("a");
    await clock.advance(0);
    queue.addAfter("a", 9_000);
    await clock.advance(4_999);
    expect(worked).to.have.length(1);
    await clock.advance(1);
    expect(worked).to.have.length(2);
    await clock.advance(60_000);
    expect(worked).to.have.length(2);
  });

  it("sleeps once for all keys, and brings each back at its own time", async () => {
    const queue = queueOf(async () => undefined);
    const sleeping = clock.sleeping;
    for (let i = 1; i <= 100; i += 1) queue.addAfter(`${i}`, i * 1_000);
    expect(clock.sleeping - sleeping).to.equal(1);
    await clock.advance(50_000);
    expect(worked).to.deep.equal(Array.from({ length: 50 }, (_, i) => `${i + 1}`));
    queue.addAfter("100", 500);
    await clock.advance(499);
    expect(worked).to.have.length(50);
    await clock.advance(1);
    expect(worked.at(-1)).to.equal("100");
    await clock.advance(60_000);
    expect(worked).to.have.length(100);
    expect(clock.sleeping).to.equal(sleeping);
  });

  it("brings a key back although the clock was set back, and one without a time only when it is added", async () => {
    let behindMs = 0;
    const late = { now: () => clock.now() - behindMs, sleep: clock.sleep.bind(clock) };
    const queue = queueOf(async () => undefined, { ticking: late });
    queue.addAfter("a", 1_000);
    queue.addAfter("b", 2_000);
    queue.addAfter("c", Number.NaN);
    behindMs = 3_600_000;
    await clock.advance(2_000);
    expect(worked).to.deep.equal(["a", "b"]);
    queue.add("c");
    expect(worked).to.deep.equal(["a", "b", "c"]);
  });

  it("retries what failed, later each time, and starts over after a success", async () => {
    const queue = queueOf(async () => {
      if (worked.length <= 4) throw new Error("no");
      return undefined;
    });
    queue.add("a");
    await clock.advance(60_000);
    expect(worked).to.have.length(5);
    const waits = errors.map(({ retryInMs }) => retryInMs);
    for (const [i, ms] of waits.entries()) expect(ms).to.be.within(100 * 2 ** i, 200 * 2 ** i);
  });

  it("keeps what failed from being tried sooner by news, and looks at it once when its time has come", async () => {
    const queue = queueOf(async () => {
      if (worked.length > 5) return undefined;
      queue.add("a");
      throw new Error("no");
    });
    queue.add("a");
    for (let i = 0; i < 200; i++) {
      queue.add("a");
      queue.addAfter("a", 1);
      await clock.advance(10);
    }
    expect(worked.length, "tries in 2 s").to.be.within(4, 5);
    await clock.advance(60_000);
  });

  it("comes no sooner than the server asks for", async () => {
    const queue = queueOf(async () => {
      if (worked.length === 1)
        throw new ApiError(429, "TooManyRequests", "slow down", { retryAfterMs: 5_000 });
      return undefined;
    });
    queue.add("a");
    await clock.advance(4_999);
    queue.add("a");
    await clock.advance(0);
    expect(worked).to.have.length(1);
    await clock.advance(1);
    expect(worked).to.have.length(2);
  });

  it("tries what fails for good a bounded number of times", async () => {
    const stop = new AbortController();
    const queue = queueOf(() => Promise.reject(new Error("no")), { signal: stop.signal });
    queue.add("a");
    await clock.advance(10 * 60_000);
    stop.abort();
    expect(worked.length, "tries in 10 min").to.be.within(60, 130);
  });

  it("starts nothing any more when its signal has aborted", async () => {
    const stop = new AbortController();
    const queue = queueOf(async () => undefined, { signal: stop.signal });
    queue.addAfter("a", 1_000);
    stop.abort();
    queue.add("b");
    await clock.advance(2_000);
    expect(worked).to.deep.equal([]);
  });
});
