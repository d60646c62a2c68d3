import type { Clock } from "../core/clock.ts";
import type { Kube } from "./api.ts";

/** The instant (ms of the hasty clock) until which a leader may send writes. Each renewal of its Lease moves it on. */
export type Deadline = () => number;

/** Serin did not send the write: another process may lead by now, or what the work knew counts no longer. */
export class Fenced extends Error {
  constructor() {
    super("not written: another process may lead by now, or this one begins anew");
    this.name = "Fenced";
  }
}

/**
 * The same API, but from the deadline on every write throws Fenced. An abort signal is not enough: a suspended process
 * continues in the middle of its work before it sees the signal. This does not stop a write that is on its way already.
 * Such a write must carry a resourceVersion or a `test`, so that it does not fit a newer object.
 */
export function fenced(kube: Kube, until: Deadline, clock: Pick<Clock, "now">): Kube {
  const guard =
    <Args extends unknown[], Result>(write: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (clock.now() >= until()) throw new Fenced();
      return write(...args);
    };
  return {
    ...kube,
    create: guard(kube.create) as Kube["create"],
    jsonPatch: guard(kube.jsonPatch) as Kube["jsonPatch"],
    mergePatch: guard(kube.mergePatch) as Kube["mergePatch"],
    strategicPatch: guard(kube.strategicPatch) as Kube["strategicPatch"],
    delete: guard(kube.delete),
  };
}
