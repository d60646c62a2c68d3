import { setTimeout as sleep } from "node:timers/promises";

/**
 * Calls `ask` every 50 ms until it returns something other than undefined, and returns that. Throws when time runs out,
 * with `what` in the message.
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  timeoutMs = 30_000,
): Promise<T> {
  for (const deadline = performance.now() + timeoutMs; performance.now() < deadline; await sleep(50)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`);
}
