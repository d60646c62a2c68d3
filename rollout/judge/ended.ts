import { formatDuration } from "../text/duration.ts";
import type { Evidence } from "./fold.ts";
import type { LimitTest } from "./limit-test.ts";

/** So many of the last minutes before the rollout say how many requests to expect. */
const MINUTES = 2;
/** A tick that began before the first weight may be silent by chance, and a scrape may be late. */
const FEWEST_TICKS = 3;
/** ln of a million: where so many requests are expected, it cannot be chance that none came. */
const EXPECTED = Math.log(1e6);

/** The fewest requests in one of the last minutes of these; `undefined` if they are too few. */
export function paceOf(minutes: readonly LimitTest[]): number | undefined {
  const last = minutes.slice(-MINUTES);
  return last.length < MINUTES ? undefined : Math.min(...last.map(({ total }) => total));
}

/**
 * That all requests have ended with the first weight, as a sentence; `undefined` if some came, or if the stable version had too
 * few before the rollout to tell. A gateway may refuse a rule whole for a backend that it does not take, and say nothing.
 */
export function describeEnded({ pace = 0, present, recent, silent, tickMs }: Evidence): string | undefined {
  // Series that are gone count nothing: Prometheus may have lost them, or stores them under other labels.
  if (!present.stable || recent !== undefined) return undefined;
  const silentMs = silent * tickMs;
  if (silent < FEWEST_TICKS || (pace * silentMs) / 60_000 < EXPECTED) return undefined;
  return (
    `neither version has had a request for ${formatDuration(silentMs)}, since the first weight, although stable had at least ` +
    `${pace} a minute right before the rollout: the gateway may refuse the route with its canary Service`
  );
}
