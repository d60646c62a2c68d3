import { setTimeout as delay } from "node:timers/promises";

/** Waits until the condition holds; throws an error that names `what` after `withinMs`. */
export async function eventually(what: string, holds: () => unknown, withinMs = 3_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (Date.now() < end) {
    if (await holds()) return;
    await delay(5);
  }
  throw new Error(`not within ${withinMs} ms: ${what}`);
}
