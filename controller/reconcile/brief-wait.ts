import type { Clock } from "../../kube/core/clock.ts";

/** The most time (ms) that a reconcile waits for a copy. The API server usually needs some hundredths of a second. */
const LONGEST_MS = 2_000;

/** A copy is not complete in time: it has just begun, or the API server refuses it. */
export class NotRead extends Error {
  override name = "NotRead";
}

/**
 * Waits for a copy, but only briefly: a tenant's objects may take long to be read, and a reconcile that waits for them keeps one
 * of few workers from all other namespaces. The function throws NotRead if the copy is not complete by then, so that the queue tries
 * again later. Every reconcile calls it, and the end of a timer takes longer than most decisions: a complete copy needs none.
 */
export function briefWait(synced: Promise<void>, what: string, clock: Clock): () => Promise<void> {
  let isComplete = false;
  const complete = synced.then(() => {
    isComplete = true;
  });
  // It rejects when the copy ends. A later call throws its error.
  complete.catch(() => {});
  return async () => {
    if (isComplete) return;
    const stop = new AbortController();
    const late = clock.sleep(LONGEST_MS, stop.signal).then(() => {
      throw new NotRead(`${what} are not read yet`);
    });
    await Promise.race([complete, late]).finally(() => stop.abort());
  };
}
