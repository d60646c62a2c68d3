import type { Clock } from "../kube/core/clock.ts";
import { ProviderError } from "../providers/provider.ts";
import type { Pack } from "../rollout/gateways/metrics/pack.ts";
import type { JudgeInput } from "../rollout/judge/evidence.ts";
import { PHASE_MS } from "../rollout/judge/evidence-record.ts";
import { formatDuration } from "../rollout/text/duration.ts";
import type { Ticks } from "./grid.ts";
import type { Prometheus, Scrapes } from "./prometheus.ts";

/** The shortest tick, in ms. A tick that is too short does no harm: it may be empty. */
export const LEAST_TICK_MS = 5_000;
const MOST_TICK_MS = 60_000;
/** Ticks hold for this long (ms): a user may change the scrape configuration. */
const KEEP_MS = 10 * 60_000;
/** A tick of 5 s ends at least this long (ms) after a scrape: one that came later than its turn would miss the tick. */
const AFTER_MS = 200;
/**
 * Longer ticks wait longer, by this part of what they are longer. Samples may reach the store seconds late, by remote write for
 * example, and a tick that misses its scrape has counts that are older by a whole interval.
 */
const WAIT = 0.2;
/** A sample that has just arrived is not older (ms) than this: a scrape takes its time, and Serin looks for it each 5 s. */
const FRESH_MS = 10_000;
/** The ticks of a gateway without a known scrape interval. */
const UNKNOWN: Ticks = { tickMs: LEAST_TICK_MS, phaseMs: 0 };

/**
 * Finds a rollout's ticks. They are as long as the scrape interval of its gateway's metrics, in whole seconds, and end right
 * after a scrape: at another instant, the newest sample would be older by half an interval on average.
 */
export function ticksBy({
  prometheus,
  clock,
  asksAgain = false,
}: {
  readonly prometheus: Prometheus;
  readonly clock: Pick<Clock, "now">;
  /** A ProviderError is answered by another call: so it can be found how late samples are. */
  readonly asksAgain?: boolean;
}): (input: Pick<JudgeInput, "sources">) => Promise<Ticks> {
  const kept = new Map<Pack, { readonly ticks: Ticks; readonly until: number }>();
  const lateness = findLateness();
  return async ({ sources }) => {
    const now = clock.now();
    const [source] = sources;
    if (source === undefined) return UNKNOWN;
    const before = kept.get(source.pack);
    if (before !== undefined && before.until > now) return before.ticks;
    const selectors = source.pack.selectors([...source.stable, ...source.canary]);
    const answers = await Promise.all(selectors.map((selector) => prometheus.scrapes(selector, now)));
    const known = answers.filter((answer) => answer !== undefined);
    const [first] = known;
    if (first === undefined) return UNKNOWN;
    const everyMs = 1000 * Math.round(first.everyMs / 1000);
    const tickMs = Math.min(MOST_TICK_MS, Math.max(LEAST_TICK_MS, everyMs));
    const last = known.flatMap((answer) => answer.last);
    // Scrapes of another interval have no fixed place within a tick.
    const scrapes = tickMs === everyMs ? last : [];
    const lateMs = asksAgain ? lateness(source.pack, now, { everyMs, last }) : 0;
    const ticks = { tickMs, phaseMs: phaseOf(scrapes, tickMs), ...(lateMs > 0 && { lateMs }) };
    kept.set(source.pack, { ticks, until: now + KEEP_MS });
    return ticks;
  };
}

/**
 * How late (ms) samples reach Prometheus, as by remote write; 0 where they come at once. An old sample may also be the last one
 * before Prometheus or its scrape stopped, so the next sample tells: the throw of a ProviderError has it looked for.
 */
function findLateness() {
  const oldest = new Map<Pack, number>();
  return (pack: Pack, now: number, { everyMs, last }: Pick<Scrapes, "everyMs" | "last">): number => {
    const newest = Math.max(...last);
    const ageMs = now - newest;
    const before = oldest.get(pack);
    oldest.delete(pack);
    const isInTime = ageMs <= FRESH_MS + (before === undefined ? everyMs : 0);
    if (last.length === 0 || isInTime) return 0;
    if (before !== undefined && newest > before) return Math.ceil(ageMs / 1000) * 1000;
    oldest.set(pack, newest);
    const age = formatDuration(Math.round(ageMs / 1000) * 1000);
    throw new ProviderError(`the newest sample of ${pack.name}'s counters in Prometheus is ${age} old`);
  };
}

/** The phase at which the newest samples of all targets together are the youngest; 0 without scrapes. */
function phaseOf(scrapes: readonly number[], tickMs: number): number {
  const afterMs = AFTER_MS + WAIT * (tickMs - LEAST_TICK_MS);
  const phases = scrapes.map((at) => (Math.ceil((at + afterMs) / PHASE_MS) * PHASE_MS) % tickMs);
  const ageAt = (phase: number) =>
    scrapes.reduce((sum, at) => sum + ((((phase - afterMs - at) % tickMs) + tickMs) % tickMs), 0);
  return phases.reduce((best, phase) => (ageAt(phase) < ageAt(best) ? phase : best), phases[0] ?? 0);
}
