import { ApiError, ConnectionError } from "../../kube/client/errors.ts";
import type { Clock } from "../../kube/core/clock.ts";

/** How long (ms) a reader bears that the API server does not answer, or is overloaded. */
const PATIENCE_MS = 120_000;

/**
 * The same reader for a command that stays: a failure that passes is told once and gives `undefined`, for two minutes at
 * most. A pipeline that waits for a rollout must not fail because an API server restarts. Every other failure is thrown.
 */
export function patiently<T>(
  read: () => Promise<T>,
  clock: Pick<Clock, "now">,
  tell: (sentence: string) => void,
): () => Promise<T | undefined> {
  let failingSince: number | undefined;
  return async () => {
    try {
      const found = await read();
      failingSince = undefined;
      return found;
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (failingSince === undefined) tell(`the API server does not answer; trying again: ${error.message}`);
      failingSince ??= clock.now();
      if (clock.now() - failingSince >= PATIENCE_MS) throw error;
      return undefined;
    }
  };
}

function isPassing(error: unknown): error is Error {
  if (error instanceof ApiError) return error.status === 429 || error.status >= 500;
  return error instanceof ConnectionError;
}
