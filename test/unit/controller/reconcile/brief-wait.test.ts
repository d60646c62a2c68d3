import { expect } from "chai";
import { briefWait } from "../../../../controller/reconcile/brief-wait.ts";
import type { Clock } from "../../../../kube/core/clock.ts";

describe("controller/brief-wait", () => {
  it("sets no timer for a copy that is complete", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const slept: number[] = [];
    const clock: Clock = {
      now: () => 0,
      sleep(ms) {
        slept.push(ms);
        return new Promise(() => {});
      },
    };
    const wait = briefWait(promise, "the pods", clock);
    const first = wait();
    resolve();
    await first;
    await wait();
    expect(slept).to.deep.equal([2_000]);
  });

  it("throws when the copy takes too long, and when it ends first", async () => {
    const clock: Clock = { now: () => 0, sleep: async () => {} };
    const late = briefWait(new Promise(() => {}), "the pods of namespace shop", clock);
    expect(await late().catch(({ message }: Error) => message)).to.equal(
      "the pods of namespace shop are not read yet",
    );
    const never: Clock = { now: () => 0, sleep: () => new Promise(() => {}) };
    const ended = briefWait(Promise.reject(new Error("over")), "the pods", never);
    expect(await ended().catch(({ message }: Error) => message)).to.equal("over");
  });
});
