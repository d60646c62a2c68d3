import { ProviderError } from "../providers/provider.ts";
import { type Counter, incrementsSince } from "../rollout/judge/counters.ts";
import { dispersion, dispersionOverTime } from "../rollout/judge/dispersion.ts";
import { FEWEST_TICKS, paceOf } from "../rollout/judge/ended.ts";
import type { JudgeInput } from "../rollout/judge/evidence.ts";
import type { JudgeStart } from "../rollout/judge/fold.ts";
import { medianBound, monitored } from "../rollout/judge/latency-bounds.ts";
import { FEWEST_REQUESTS, type LimitTest } from "../rollout/judge/limit-test.ts";
import { usualOf, worstOf } from "../rollout/judge/stable-health.ts";
import { type CounterQuery, type CounterSource, readCounters } from "./counters.ts";

/** How far back (ms) before the rollout Serin reads the stable version. */
const BACK_MS = 30 * 60_000;
/** The last minutes before the rollout, one by one: they say how many requests fail without it. */
const USUAL = { stretches: 5, stretchMs: 60_000 } as const;

/** The answers that are bad. */
type Bad = "failed" | "refused";

/** The settings of the judge from the stable version's last half hour. Serin reads it once, before the first tick. */
export interface History extends Omit<JudgeStart, "since" | "from" | "tickMs"> {
  /** Every bound of a latency bucket, in seconds. */
  readonly all: readonly number[];
}

/** A rollout before its first tick. */
export type Begun = Pick<JudgeInput, "uid" | "rollout" | "sources" | "from" | "terms">;

/**
 * Reads that history, up to the instant `from` (ms). Throws a ProviderError, also if the series may be those of others.
 * Dispersion counts only series that are still there: routes of others that are gone may have left the rest.
 */
export async function readHistory(
  source: CounterSource,
  watch: Begun,
  from: number,
  tickMs: number,
): Promise<History> {
  const stable = { ...watch, sources: watch.sources.map((source) => ({ ...source, canary: [] })) };
  const read = async (bounds: CounterQuery["bounds"], stepMs: number, backMs = BACK_MS, to = from) => {
    const steps = Math.floor(backMs / stepMs);
    const counters = await readCounters(source, [{ watch: stable, bounds }], {
      from: to - steps * stepMs,
      to,
      stepMs,
    });
    const { instants = [], doubt } = counters.get(watch.uid) ?? {};
    if (doubt !== undefined) throw new ProviderError(doubt.reason);
    return [...instants].toSorted(([a], [b]) => a - b).map(([, all]) => all);
  };
  const { compare, alone = "off" } = watch.terms;
  const compared = compare === "off" ? alone : compare;
  const known = compared === "off" ? 1 : compared.dispersion;
  const ends = await read("all", BACK_MS);
  const { all, ...past } = pastOf(ends);
  const bounds = compare === "off" ? [] : monitored(all, past.atMost);
  const median = medianBound(all, past.atMost);
  const isJoined = watch.sources.some(({ pack }) => pack.joined !== undefined);
  const last = new Set(ends.at(-1)?.map(({ series }) => series));
  const kept = (counters: readonly Counter[]) =>
    counters.filter(({ series }) => !isJoined || last.has(series));
  // The rollout itself may break the stable version, so its own time does not count.
  const began = Math.floor(Math.min(from, Date.parse(watch.rollout) || from) / tickMs) * tickMs;
  // As long as the silence that must mean something: clients that come in bursts are no sign.
  const stretchMs = FEWEST_TICKS * tickMs;
  const paceUpTo = async (to: number) => {
    const instants = await read([], stretchMs, USUAL.stretches * USUAL.stretchMs, to);
    return paceOf(ticksOf(instants.map(kept), "failed"), stretchMs);
  };
  const minutes = (await read([], USUAL.stretchMs, BACK_MS, began)).map(kept);
  const usual = usualOf(ticksOf(minutes, "failed").slice(-USUAL.stretches));
  // What the counters have since their start, where Prometheus has no minute of them.
  const whole = { bad: past.refused, total: past.total };
  const refused = worstOf(ticksOf(minutes, "refused")) ?? worstOf([whole]);
  const ticks = known === undefined ? (await read([], tickMs)).map(kept) : [];
  const phi = (bad: Bad) => known ?? phiOf(ticks, bad);
  // The users may have left while the canary waited; its Service may be in the route for a moment before the first weight.
  const lately = Math.max(began, Math.floor((from - 120_000) / tickMs) * tickMs);
  const paces = [await paceUpTo(began), ...(lately > began ? [await paceUpTo(lately)] : [])];
  const told = paces.filter((one) => one !== undefined);
  const pace = told.length < paces.length ? undefined : Math.min(...told);
  return {
    ...(usual !== undefined && { usual }),
    ...(pace !== undefined && { pace }),
    ...(refused && { refusalsBefore: { ...refused, phi: phi("refused") } }),
    ...(median !== undefined && { median }),
    phi: phi("failed"),
    ...ratesOf(past, all, bounds),
    bounds,
    all,
  };
}

interface Past extends LimitTest {
  /** The requests at most as slow as each bound; the last count is the total. */
  readonly atMost: readonly number[];
  readonly refused: number;
}

/** The stable version's requests of the half hour, and the bounds of their latency in seconds. */
function pastOf(ends: readonly (readonly Counter[])[]): Past & Pick<History, "all"> {
  const last = ends.at(-1) ?? [];
  const first = ends.length > 1 ? withoutRestarted(ends[0] ?? [], last) : [];
  const before = incrementsSince(undefined, first).baseline;
  // A process without a sample at the beginning started later, so its whole count is new.
  const since = last.map((counter) => ({ ...counter, fresh: true }));
  const { atMost, failed, refused, total } = incrementsSince(before, since).counts.stable;
  return {
    bad: failed,
    refused,
    total,
    atMost: atMost.map(([, requests]) => requests),
    all: atMost.map(([le]) => le),
  };
}

/**
 * The first counters of processes that have not restarted since. After half an hour any lower value is a restart: servers that
 * answer in turn are seconds apart. All counters of a process restart together, although some may be higher again: otherwise
 * its buckets would add more requests within a low bound than within a higher one.
 */
function withoutRestarted(first: readonly Counter[], last: readonly Counter[]): readonly Counter[] {
  const values = new Map(last.map(({ series, value }) => [series, value]));
  const fallen = first.filter(({ series, value }) => (values.get(series) ?? value) < value);
  const restarted = new Set(fallen.map(({ target }) => target));
  return first.filter(({ target }) => !restarted.has(target));
}

/** One bad request more than there were: a version that has not failed yet may still do so. */
function ratesOf(
  { bad, total, atMost }: Past,
  all: readonly number[],
  bounds: readonly number[],
): Pick<History, "rates"> {
  if (total < FEWEST_REQUESTS) return {};
  const rate = (some: number, of: number) => Math.min(1, (some + 1) / (of + 1));
  const measured = atMost.at(-1) ?? 0;
  const slow = bounds.map((bound) => rate(measured - (atMost[all.indexOf(bound)] ?? 0), measured));
  return { rates: { failed: rate(bad, total), slow } };
}

function phiOf(instants: readonly (readonly Counter[])[], bad: Bad): number {
  const pods = new Set(instants.flat().flatMap(({ pod }) => pod ?? []));
  if (pods.size === 0) return dispersionOverTime(ticksOf(instants, bad));
  const byPod = [...pods].map((pod) => {
    const own = instants.map((counters) => counters.filter((counter) => counter.pod === pod));
    return ticksOf(own, bad).map((tick) => ({ pod, ...tick }));
  });
  return dispersion(instants.slice(1).map((_, i) => byPod.flatMap((ticks) => ticks[i] ?? [])));
}

function ticksOf(instants: readonly (readonly Counter[])[], bad: Bad): LimitTest[] {
  let baseline: Parameters<typeof incrementsSince>[0];
  const ticks = instants.map((counters) => {
    const increments = incrementsSince(baseline, counters);
    baseline = increments.baseline;
    const { stable } = increments.counts;
    return { bad: stable[bad], total: stable.total };
  });
  return ticks.slice(1);
}
