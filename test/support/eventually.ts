import { setTimeout as delay } from "node:timers/promises";

/** Ends a test that hangs. It says nothing about speed: on a busy machine anything may take seconds. */
const HANGS_MS = 60_000;

/** Waits until the condition holds; throws an error that names `what` if it never does. */
export async function eventually(what: string, holds: () => unknown): Promise<void> {
  const end = Date.now() + HANGS_MS;
  while (Date.now() < end) {
    if (await holds()) return;
    await delay(5);
  }
  throw new Error(`not within ${HANGS_MS} ms: ${what}`);
}
