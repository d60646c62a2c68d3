import { expect } from "chai";
import fc from "fast-check";
import { Queue } from "../../../../kube/runtime/queue.ts";
import { cases } from "../../../support/cases.ts";
import { FakeClock } from "../../../support/clock.ts";

const namespaceOf = (key: string) => key.slice(0, key.indexOf("/"));
const keysOf = (namespace: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${namespace}/${i}`);

/** A queue whose work on a key lasts as long as `lasts` says, in ms. Notes the order and the times of the keys. */
function queueOf(lasts: (key: string) => number, { parallel = 8, onDone = (_key: string) => {} } = {}) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const started: string[] = [];
  const ended = new Map<string, number>();
  const onError = (_key: string, error: unknown) => {
    throw error;
  };
  const queue = new Queue({ namespaceOf, onError, clock, signal: stop.signal, parallel });
  queue.start(async (key) => {
    started.push(key);
    await clock.sleep(lasts(key), stop.signal);
    if (!ended.has(key)) ended.set(key, clock.now());
    onDone(key);
    return undefined;
  });
  return { queue, clock, started, ended, stop };
}

/** How long (ms) a quiet tenant's rollouts wait until all have been worked on; a neighbour's come again and again. */
async function waitOf(
  quiet: number,
  lastsMs: number,
  neighbours: number,
  theirsLastMs: number,
): Promise<number> {
  const run = queueOf((key) => (namespaceOf(key) === "quiet" ? lastsMs : theirsLastMs), {
    onDone: (key) => void (namespaceOf(key) === "noisy" && run.queue.add(key)),
  });
  for (const key of keysOf("noisy", neighbours)) run.queue.add(key);
  await run.clock.advance(10 * theirsLastMs);
  const from = run.clock.now();
  const keys = keysOf("quiet", quiet);
  for (const key of keys) run.queue.add(key);
  while (keys.some((key) => !run.ended.has(key))) await run.clock.advance(1);
  run.stop.abort();
  return Math.max(...keys.map((key) => run.ended.get(key) ?? Number.NaN)) - from;
}

describe("the queue of several namespaces", () => {
  it("lets namespaces take turns, and the keys of one keep their order", async () => {
    const { queue, clock, started } = queueOf(() => 10, { parallel: 1 });
    for (const key of ["a/0", "a/1", "a/2", "b/0", "a/3", "b/1", "c/0"]) queue.add(key);
    await clock.advance(100);
    expect(started).to.deep.equal(["a/0", "a/1", "b/0", "c/0", "a/2", "b/1", "a/3"]);
  });

  for (const quiet of [1, 8, 40]) {
    it(`lets ${quiet} rollouts wait at most twice as long as alone beside a hundred that change all the time`, async () => {
      const alone = await waitOf(quiet, 20, 0, 20);
      const beside = await waitOf(quiet, 20, 100, 20);
      // Work that has begun goes on to its end: once, all workers may be at the neighbour's.
      expect(beside).to.be.at.most(quiet === 1 ? 2 * alone : 2 * alone + 20);
    });
  }

  it("lets short work wait for slow work of others once, not at every key", async () => {
    const alone = await waitOf(200, 10, 0, 1_000);
    const beside = await waitOf(200, 10, 100, 1_000);
    expect(beside).to.be.at.most(2 * alone + 1_000);
  });

  it("gives no namespace a second turn while another one waits that has fewer keys at work", async () => {
    const added = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.nat(20), fc.nat(30)), {
      maxLength: 80,
    });
    await fc.assert(
      fc.asyncProperty(added, fc.integer({ min: 1, max: 8 }), async (adds, parallel) => {
        const waiting = new Set<string>();
        const atWork = new Map<string, number>();
        const unfair: string[] = [];
        const { queue, clock, started, stop } = queueOf((key) => (key.length * 7) % 13, {
          parallel,
          onDone: (key) => void atWork.set(namespaceOf(key), (atWork.get(namespaceOf(key)) ?? 0) - 1),
        });
        started.push = (key) => {
          const own = atWork.get(namespaceOf(key)) ?? 0;
          waiting.delete(key);
          for (const other of waiting)
            if ((atWork.get(namespaceOf(other)) ?? 0) < own) unfair.push(`${key} ${other}`);
          atWork.set(namespaceOf(key), own + 1);
          return 0;
        };
        let count = 0;
        for (const [namespace, ms] of adds) {
          const key = `${namespace}/${count++}`;
          waiting.add(key);
          queue.add(key);
          if (ms > 10) await clock.advance(ms - 10);
        }
        await clock.advance(2_000);
        expect(unfair).to.deep.equal([]);
        expect([...waiting]).to.deep.equal([]);
        stop.abort();
      }),
      { numRuns: cases(100) },
    );
  });
});
