import type { Clock } from "../kube/core/clock.ts";
import type { Reply } from "./client.ts";

/** One request or call of a load: its start (ms since the epoch), its status (0 without an answer), and who answered it. */
export interface Exchange extends Pick<Reply, "status" | "version"> {
  readonly at: number;
}

/** How often (ms) the requests that are due begin. */
const BATCH_MS = 25;

/**
 * Begins `rps` requests a second, however long the answers take (open loop), until the signal aborts; then waits for the pending
 * ones. Adds each to `exchanges` when it ends.
 */
export async function steadyLoad(
  { clock, rps, send }: { readonly clock: Clock; readonly rps: number; readonly send: () => Promise<Reply> },
  exchanges: Exchange[],
  signal: AbortSignal,
): Promise<void> {
  const from = clock.now();
  const pending = new Set<Promise<void>>();
  const begin = () => {
    const at = clock.now();
    const done = send()
      .catch(() => ({ status: 0, version: "" }))
      .then(({ status, version }) => {
        exchanges.push({ at, status, version });
        pending.delete(done);
      });
    pending.add(done);
  };
  for (let begun = 0; !signal.aborted; ) {
    for (const due = ((clock.now() - from) * rps) / 1_000; begun < due; begun += 1) begin();
    await clock.sleep(BATCH_MS, signal).catch(() => {});
  }
  await Promise.all(pending);
}
