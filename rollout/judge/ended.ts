import { formatDuration } from "../text/duration.ts";
import type { Evidence } from "./fold.ts";
import type { LimitTest } from "./limit-test.ts";

/** A tick that began before the first weight may be silent by chance, and a scrape may be late. */
export const FEWEST_TICKS = 3;
/**
 * Up to this tick, requests may show that came before the first weight or right after it: the first tick begins before the
 * weight, a gateway follows a moment later, and so does a scrape.
 */
const LAST_TICK = 2;
/** ln of a million: where so many requests are expected, it cannot be chance that none came. */
const EXPECTED = Math.log(1e6);

/** The fewest requests a minute in any of these stretches; `undefined` if there are none, or a pause among them. */
export function paceOf(stretches: readonly LimitTest[], stretchMs: number): number | undefined {
  if (stretches.length === 0) return undefined;
  const fewest = Math.min(...stretches.map(({ total }) => total));
  return fewest === 0 ? undefined : (fewest * 60_000) / stretchMs;
}

/** Whether the latest ticks, which have no request, reach back to the first weight. */
export function isSilentSinceWeight(
  { at, from, tickMs }: Pick<Evidence, "at" | "from" | "tickMs">,
  ticks: number,
): boolean {
  return at - ticks * tickMs <= from + LAST_TICK * tickMs;
}

/**
 * That all requests have ended with the first weight, as a sentence; `undefined` if some came later, or if the stable version
 * had too few before the rollout to tell. A gateway may refuse a rule whole for a backend that it does not take, and say
 * nothing; and a new version that gets all requests may answer none.
 */
export function describeEnded(evidence: Evidence): string | undefined {
  const { pace = 0, present, quiet = 0, tickMs } = evidence;
  // Series that are gone count nothing: Prometheus may have lost them, or stores them under other labels.
  if (!present.stable || !isSilentSinceWeight(evidence, quiet)) return undefined;
  const silentMs = quiet * tickMs;
  if (quiet < FEWEST_TICKS || (pace * silentMs) / 60_000 < EXPECTED) return undefined;
  return (
    `neither version has answered a request for ${formatDuration(silentMs)}, since the first weight, although stable had at ` +
    `least ${Math.floor(pace)} a minute right before the rollout: the gateway may refuse the route with its canary Service, or ` +
    "all requests go to a version that does not answer"
  );
}
