import type { Clock } from "../core/clock.ts";
import type { KubeObject } from "../core/meta.ts";
import type { Kube } from "./api.ts";
import { ApiError } from "./errors.ts";

/** How long a request may wait. */
export interface RetryAfterOptions {
  readonly clock: Clock;
  /**
   * How long (ms) a request may wait for the end of a pause. The default 0 suits callers that decide again later.
   */
  readonly patienceMs?: number;
}

/**
 * The same API, but when the server asks for a pause (429 or 503 with Retry-After), the client sends nothing before the
 * named time. A request that would wait for longer than its patience fails at once, with the server's message and the
 * rest of the pause. The server did not carry out the request that it answered so, and the client sends it again. An
 * admission webhook's 429 pauses nothing: the caller's error carries the time.
 */
export function withRetryAfter(kube: Kube, { clock, patienceMs = 0 }: RetryAfterOptions): Kube {
  let until = Number.NEGATIVE_INFINITY;
  let asked: ApiError | undefined;

  function note(error: unknown): boolean {
    if (!(error instanceof ApiError) || error.retryAfterMs === undefined) return false;
    if (error.status !== 429 && error.status !== 503) return false;
    // A webhook speaks of one object. Only the API server itself asks for a pause of everything.
    if (error.message.startsWith("admission webhook ")) return false;
    until = Math.max(until, clock.now() + error.retryAfterMs);
    asked = error;
    return true;
  }

  /** Waits for the end of the pause. Throws if that is after the deadline. */
  async function turn(deadline: number): Promise<void> {
    for (let leftMs = until - clock.now(); leftMs > 0; leftMs = until - clock.now()) {
      if (until > deadline) throw refusal(asked, leftMs);
      await clock.sleep(leftMs);
    }
  }

  async function inTurn<T>(send: () => Promise<T>): Promise<T> {
    for (const deadline = clock.now() + patienceMs; ; ) {
      await turn(deadline);
      try {
        return await send();
      } catch (error) {
        if (!note(error) || until > deadline) throw error;
      }
    }
  }

  return {
    ...kube,
    get: (resource, where) => inTurn(() => kube.get(resource, where)),
    list: (resource, where, query, pick) => inTurn(() => kube.list(resource, where, query, pick)),
    create: (resource, where, body) => inTurn(() => kube.create(resource, where, body)),
    jsonPatch: (resource, where, patch) => inTurn(() => kube.jsonPatch(resource, where, patch)),
    mergePatch: (resource, where, patch) => inTurn(() => kube.mergePatch(resource, where, patch)),
    strategicPatch: (resource, where, patch) => inTurn(() => kube.strategicPatch(resource, where, patch)),
    delete: (resource, where, options) => inTurn(() => kube.delete(resource, where, options)),
    discover: () => inTurn(() => kube.discover()),
    async *watch<T extends KubeObject>(...[resource, where, query, signal]: Parameters<Kube["watch"]>) {
      try {
        await turn(clock.now());
        yield* kube.watch<T>(resource, where, query, signal);
      } catch (error) {
        note(error);
        throw error;
      }
    },
  };
}

function refusal(asked: ApiError | undefined, leftMs: number): ApiError {
  const { status = 429, reason = "TooManyRequests", message = "" } = asked ?? {};
  return new ApiError(status, reason, message, { retryAfterMs: leftMs });
}
