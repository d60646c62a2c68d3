import { formatDuration } from "../text/duration.ts";
import type { Evidence } from "./fold.ts";
import type { LimitTest } from "./limit-test.ts";

/** A tick that began before the first weight may be silent by chance, and a scrape may be late. */
export const FEWEST_TICKS = 3;
/** ln of a million: where so many requests are expected, it cannot be chance that none came. */
const EXPECTED = Math.log(1e6);

/** The fewest requests a minute in any of these stretches; `undefined` if there are none, or a pause among them. */
export function paceOf(stretches: readonly LimitTest[], stretchMs: number): number | undefined {
  if (stretches.length === 0) return undefined;
  const fewest = Math.min(...stretches.map(({ total }) => total));
  return fewest === 0 ? undefined : (fewest * 60_000) / stretchMs;
}

/**
 * That all requests have ended with the first weight, as a sentence; `undefined` if some came, or if the stable version had too
 * few before the rollout to tell. A gateway may refuse a rule whole for a backend that it does not take, and say nothing.
 */
export function describeEnded({
  pace = 0,
  present,
  recent,
  quiet = 0,
  tickMs,
}: Evidence): string | undefined {
  // Series that are gone count nothing: Prometheus may have lost them, or stores them under other labels.
  if (!present.stable || recent !== undefined) return undefined;
  const silentMs = quiet * tickMs;
  if (quiet < FEWEST_TICKS || (pace * silentMs) / 60_000 < EXPECTED) return undefined;
  return (
    `neither version has had a request for ${formatDuration(silentMs)}, since the first weight, although stable had at least ` +
    `${Math.floor(pace)} a minute right before the rollout: the gateway may refuse the route with its canary Service`
  );
}
