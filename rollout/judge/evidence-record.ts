import * as v from "valibot";
import { amount, finite, list, map } from "../text/stored-json.ts";

/** A metric's scrape interval in ms: from a second to ten minutes, whatever a record says, so that no timer spins. */
const tickMs = v.pipe(v.number(), v.integer(), v.minValue(1_000), v.maxValue(600_000));

/** Ticks begin at multiples of this (ms), so that few rollouts of one gateway have ticks of their own. */
export const PHASE_MS = 500;

/** An instant in ms since the epoch, to which a tick can be added: a fold over ticks from it comes to an end. */
const instantMs = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Counts of both versions, see `Tick`. */
const tick = v.pipe(v.tuple([amount, amount, amount, amount]), v.readonly());

/** From 0 to 1. */
const share = v.pipe(amount, v.maxValue(1));

/** Variance of counts over their mean. */
const phi = v.pipe(finite, v.minValue(1));

const safety = v.object({
  logL: list(finite),
  /** An earlier version of Serin neither writes nor keeps it: it weighs the ratios as if nothing were expected. */
  expected: v.exactOptional(amount),
  start: v.exactOptional(finite),
});

const harm = v.object({ t: amount, logS: list(finite) });

const comparison = v.object({
  carried: tick,
  totals: tick,
  harm,
  lowest: v.object({ logE: finite, at: finite }),
  safety,
  weakly: safety,
  latest: v.exactOptional(tick),
  left: v.exactOptional(tick),
  mixed: v.exactOptional(v.object({ before: tick, tick })),
  /** An earlier version of Serin neither writes nor keeps them: its steps begin with no evidence of safety. */
  sums: v.exactOptional(v.object({ logR: list(finite), room: list(finite) })),
});

const arms = <const S extends v.GenericSchema>(schema: S) => v.object({ canary: schema, stable: schema });

/** `Evidence` as it stands in the rollout's record. */
export const evidenceSchema = v.pipe(
  v.object({
    /** When (ms) the canary got its first weight. */
    since: instantMs,
    /** When the first tick began: the last instant of the grid before `since`. */
    from: instantMs,
    tickMs,
    /** How late (ms) samples reach Prometheus; absent: as soon as they are scraped. */
    lateMs: v.exactOptional(v.pipe(amount, v.maxValue(600_000))),
    /** When the last tick ended. */
    at: instantMs,
    /** The step that the evidence of safety is about: when its weight came into force. */
    stepFrom: instantMs,
    /** Of failures. */
    phi,
    /** The latency bounds that are watched, in seconds. */
    bounds: list(finite),
    errors: comparison,
    /** Of 4xx answers. An earlier version of Serin neither writes nor keeps it: they count from the next tick on. */
    refusals: v.exactOptional(comparison),
    /** Of requests that their clients gave up. Absent: the gateway does not tell of them apart, or an earlier version of Serin. */
    givenUp: v.exactOptional(comparison),
    /** Of 4xx answers, since the canary has had all requests. Absent: it has not, or nothing compares them then. */
    refusalsAlone: v.exactOptional(v.object({ bad: amount, total: amount, harm })),
    /** When (ms) the canary became busier than ever; absent: it has been as busy since its first weight. */
    coldFrom: v.exactOptional(instantMs),
    /** One for each bound. */
    latency: list(comparison),
    restarts: v.exactOptional(v.object({ at: finite, counted: map(amount), pods: map(amount), comparison })),
    /** A check's text → the canary's requests as the check counts them. */
    guards: map(v.object({ bad: amount, total: amount })),
    /** The canary's failures by status. */
    codes: map(amount),
    /** The canary's failures by pod, if the metrics have a label for it. */
    pods: map(amount),
    /** Requests in this step; of the stable version only those that may have begun in it. */
    inStep: arms(amount),
    /** How long (s) half of its requests took at most before the rollout; absent: not known, or an earlier version of Serin. */
    median: v.exactOptional(amount),
    /** The stable version's latest requests, of which earlier ones count for less. */
    recent: v.exactOptional(v.object({ bad: amount, total: amount })),
    /** The share of its requests that failed before the rollout, at worst; absent: too few requests to know. */
    usual: v.exactOptional(share),
    /**
     * Its requests and 4xx answers in the worst minute of the half hour before the rollout, and their dispersion. Absent: too
     * few requests to know, or an earlier version of Serin.
     */
    refusalsBefore: v.exactOptional(v.object({ bad: amount, total: amount, phi })),
    /** The fewest requests a minute in any moment of five minutes before the first weight; absent: not known, or none in one. */
    pace: v.exactOptional(amount),
    /** The ticks in a row without any answered request that were read right when they ended; absent: none. */
    quiet: v.exactOptional(amount),
    /**
     * The shares of its requests that failed, and that were slower than each bound, in the half hour before the rollout: what
     * the safety test expects of the canary. Absent: too few requests to know, or an earlier version of Serin.
     */
    rates: v.exactOptional(v.object({ failed: share, slow: list(share) })),
    /** How long (ms) after its first weight the canary had requests, if `missed` of the stable version came before; absent: none. */
    followed: v.exactOptional(v.object({ ms: amount, missed: amount })),
    /** Consecutive ticks in which neither version served a request. */
    silent: amount,
    /** The ticks, read as they came, before either version had any counter; absent: one has had some. */
    uncounted: v.exactOptional(amount),
    /** Which versions had any counter in the last tick. */
    present: arms(v.boolean()),
  }),
  v.check(({ bounds, latency, rates }) =>
    [latency, rates?.slow ?? bounds].every(({ length }) => length === bounds.length),
  ),
  // Rollouts with the same ticks are read together: an instant between them would make the ticks of the others look empty.
  v.check(({ from, at, tickMs }) => from <= at && from % PHASE_MS === 0 && (at - from) % tickMs === 0),
  v.readonly(),
);
