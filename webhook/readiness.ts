import type { Log } from "../kube/core/log.ts";
import type { RouteIndex } from "../kube/runtime/route-index.ts";

/**
 * Whether the API server may send requests to this pod: it listens, the API server reaches it by the configuration, and its
 * index has held all routes once. Later failures of the watch keep the pod ready: other pods would have them as well, and an
 * admission does not rely on the index for a share.
 */
export class Readiness {
  isListening = false;
  isReached = false;
  #isSynced = false;

  constructor({ synced }: Pick<RouteIndex, "synced">, log: Log) {
    synced.then(
      () => {
        this.#isSynced = true;
        log.info({}, "all routes read");
      },
      () => {
        // The process stops. Its requests get this error where they wait for the index.
      },
    );
  }

  isReady(): boolean {
    return this.isListening && this.isReached && this.#isSynced;
  }
}
