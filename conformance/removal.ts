import { messageOf } from "../kube/core/error-message.ts";
import type { CheckTarget } from "./checked-route.ts";
import { sweepCheck } from "./objects.ts";

/**
 * Runs a check and removes its objects, whatever happens. If only the removal fails, the result has the reason in `left`, because a
 * check may have lasted for hours. Throws the check's error, the signal's reason when it aborts, and after both the error of the
 * removal.
 */
export async function removedAfter<R extends object>(
  { kube, namespace, signal }: Pick<CheckTarget, "kube" | "namespace" | "signal">,
  check: () => Promise<R>,
): Promise<R & { readonly left?: string }> {
  let result: R;
  try {
    result = await check();
  } catch (error) {
    await sweepCheck(kube, namespace).catch((left: unknown) => {
      throw signal.aborted ? left : new AggregateError([error, left]);
    });
    throw signal.aborted ? signal.reason : error;
  }
  const left = await sweepCheck(kube, namespace).then(() => undefined, messageOf);
  return left === undefined ? result : { ...result, left };
}
