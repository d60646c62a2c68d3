import type { Clock } from "../kube/core/clock.ts";
import type { Pack } from "../rollout/gateways/metrics/pack.ts";
import type { JudgeInput } from "../rollout/judge/evidence.ts";
import type { Prometheus } from "./prometheus.ts";

/** The shortest tick, in ms. A tick that is too short does no harm: it may be empty. */
export const LEAST_TICK_MS = 5_000;
const MOST_TICK_MS = 60_000;
/** A measured interval holds for this long (ms): a user may change the scrape configuration. */
const KEEP_MS = 10 * 60_000;

/** Finds how long (ms) a rollout's ticks are: the scrape interval of its gateway's metrics, in whole seconds. */
export function tickLengths({
  prometheus,
  clock,
}: {
  readonly prometheus: Pick<Prometheus, "scrapeMs">;
  readonly clock: Clock;
}): (input: Pick<JudgeInput, "sources">) => Promise<number> {
  const measured = new Map<Pack, { readonly ms: number; readonly until: number }>();
  return async ({ sources }) => {
    const now = clock.now();
    const [source] = sources;
    if (source === undefined) return LEAST_TICK_MS;
    const known = measured.get(source.pack);
    if (known !== undefined && known.until > now) return known.ms;
    const selectors = source.pack.selectors([...source.stable, ...source.canary]);
    const answers = await Promise.all(selectors.map((selector) => prometheus.scrapeMs(selector, now)));
    const scrape = answers.find((ms) => ms !== undefined);
    if (scrape === undefined) return LEAST_TICK_MS;
    const ms = Math.min(MOST_TICK_MS, Math.max(LEAST_TICK_MS, 1000 * Math.round(scrape / 1000)));
    measured.set(source.pack, { ms, until: now + KEEP_MS });
    return ms;
  };
}
