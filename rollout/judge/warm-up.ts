import type { Tick } from "./tick.ts";

/** When (ms) the canary got its first weight, and when it became busier than ever; the latter is absent: it never did. */
interface Start {
  readonly from: number;
  readonly coldFrom?: number | undefined;
}

/** New code is slow until it is compiled and its caches are filled, so its first latency does not count; failures do. */
const WARM_UP_MS = 30_000;

/**
 * When (ms) the canary became busier than ever: the beginning of the latest tick, after the first warm-up, that had more requests
 * than all ticks before it. A canary that had hardly any is as cold as a new one when they come. `undefined`: it never did.
 */
export function coldFromOf(
  { from, coldFrom, errors }: Start & { readonly errors: { readonly totals: Tick } },
  began: number,
  requests: number,
): number | undefined {
  const [, before] = errors.totals;
  return began >= from + WARM_UP_MS && requests > before ? began : coldFrom;
}

/** Whether the latency of a tick that began then counts. */
export function isWarmAt({ from, coldFrom = from }: Start, began: number): boolean {
  return began >= coldFrom + WARM_UP_MS;
}

/** Whether latency was warm when the step began, or the step has lasted as long as the warm-up. */
export function isWarmIn(evidence: Start & { readonly stepFrom: number; readonly at: number }): boolean {
  const { stepFrom, at } = evidence;
  return isWarmAt(evidence, stepFrom) || at - stepFrom >= WARM_UP_MS;
}
