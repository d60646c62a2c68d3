import type { Clock } from "../core/clock.ts";
import type { Kube } from "./api.ts";

/** Until when (ms since the epoch) writes may be sent; asked before each, as it moves while its owner is well. */
export type Deadline = () => number;

/** A write that was not sent, because another process may lead by now. */
export class Fenced extends Error {
  constructor() {
    super("not written: another process may lead by now");
    this.name = "Fenced";
  }
}

/**
 * The same API, but from the deadline on this function refuses every write with Fenced. A signal cannot do that: a process
 * that was suspended continues in the middle of its work before it learns of anything. A write that was sent before and is
 * still on its way is beyond this; it must carry what it was decided on (a resourceVersion, a `test`), so that it fits
 * no newer object.
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
