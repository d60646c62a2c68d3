import { setInterval } from "node:timers/promises";
import type { Api } from "./api.ts";

const EVERY_MS = 5_000;
const PATH = "/api/v1/namespaces/heartbeat";

/**
 * Changes a label of a namespace every few seconds until `signal` aborts, because something always changes in a cluster in
 * use. Contour 1.33 sometimes loses the status of a route that it has programmed, when the machine is busy, and writes it
 * again with its next change only.
 */
export async function startHeartbeat(api: Api, signal: AbortSignal): Promise<void> {
  await api.demand("POST", "/api/v1/namespaces", { metadata: { name: "heartbeat" } });
  void beat(api, signal);
}

async function beat(api: Api, signal: AbortSignal): Promise<void> {
  let beats = 0;
  try {
    for await (const _ of setInterval(EVERY_MS, undefined, { signal, ref: false })) {
      beats += 1;
      // Tests stop the API server; the next beat comes anyway.
      await api.request("PATCH", PATH, { metadata: { labels: { beat: `${beats}` } } }).catch(() => {});
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
