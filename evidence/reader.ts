import type { Clock } from "../kube/core/clock.ts";
import type { Log } from "../kube/core/log.ts";
import { ProviderError } from "../providers/provider.ts";
import type { Findings, JudgeInput } from "../rollout/judge/evidence.ts";
import { noEvidence } from "../rollout/judge/fold.ts";
import { gridKeyOf, latestInstant, type Ticks, ticksFrom, untilNextInstant } from "./grid.ts";
import type { Namesakes } from "./namesakes.ts";
import type { Prometheus } from "./prometheus.ts";
import { readTicks } from "./read-ticks.ts";
import { isCounted, type Series } from "./series.ts";
import { readStart } from "./start.ts";
import type { ReadTemplateChecks } from "./template-checks.ts";
import { LEAST_TICK_MS, ticksBy } from "./ticks.ts";

/** The means to read evidence. */
export interface EvidenceOptions {
  readonly prometheus: Prometheus;
  readonly namesakes: Pick<Namesakes, "follow" | "forget" | "doubts">;
  readonly gates: ReadTemplateChecks;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called when there is new evidence on the Deployments with these UIDs, or when Serin cannot read any. */
  readonly onRead: (uids: readonly string[]) => void;
}

/** One query reads all rollouts that begin within this time (ms), for example a thousand after a restart of Serin. */
const SOON_MS = 200;
/**
 * A Prometheus that did not answer is asked again after this time (ms), so that no tick passes once it is back, or after the
 * pause for which it asks.
 */
const AGAIN_MS = 1_000;
/** The reader forgets a rollout after this long (ms) without a call for its findings. */
const FORGET_MS = 180_000;
/** The looks at a rollout that no metrics count. */
const UNCOUNTED: Ticks = { tickMs: LEAST_TICK_MS, phaseMs: 0 };
const NO_SOURCE =
  "no route names a Service of this Deployment, so no gateway counts its canary; annotate serin.dev/metrics: application to judge by the application's own metrics";
/** When to read ticks. */
type When = "soon" | "next" | "again";
const DELAYS_MS = { soon: SOON_MS, next: Number.POSITIVE_INFINITY, again: AGAIN_MS } as const;

/**
 * The findings on every rollout. The reader queries the metrics on a grid of ticks, once at an instant for all rollouts, and
 * folds them tick by tick. After an outage, or a restart of the controller, it reads the missed ticks from Prometheus.
 */
export class EvidenceReader {
  readonly #options: EvidenceOptions;
  readonly #entries = new Map<string, Series>();
  readonly #timers = new Set<string>();
  /** Ticks (`gridKeyOf`) → the last instant after which all their rollouts were told. */
  readonly #told = new Map<string, number>();
  #reading: Promise<unknown> = Promise.resolve();
  readonly #ticksOf: ReturnType<typeof ticksBy>;

  constructor(options: EvidenceOptions) {
    this.#options = options;
    this.#ticksOf = ticksBy({ ...options, asksAgain: true });
  }

  /** The current findings. The first call for a rollout starts to follow it. */
  of(watch: JudgeInput): Findings {
    const known = this.#entries.get(watch.uid);
    const same =
      known?.watch.rollout === watch.rollout &&
      known.watch.judgedSince === watch.judgedSince &&
      isCounted(known.watch) === isCounted(watch);
    const entry = same ? known : this.#follow(watch);
    // A new step reads its template checks again: their numbers were about the step before.
    if (entry.watch.terms.stepFrom !== watch.terms.stepFrom) entry.gates = {};
    // The ticks have gone on from the recorded evidence, which takes much memory.
    entry.watch = { ...watch, known: undefined };
    this.#options.namesakes.follow(watch);
    entry.askedAt = this.#options.clock.now();
    const { judged, unread, gates } = entry;
    return { gates, ...(judged && { judged }), ...(unread !== undefined && { unread }) };
  }

  /** Stops following that rollout. */
  forget(uid: string): void {
    this.#entries.delete(uid);
    this.#options.namesakes.forget(uid);
  }

  #follow(watch: JudgeInput): Series {
    const entry: Series = { watch, askedAt: this.#options.clock.now(), ticks: UNCOUNTED, gates: {} };
    this.#entries.set(watch.uid, entry);
    void this.#begin(entry);
    return entry;
  }

  /** Prepares the evidence, tries until it succeeds, and starts the ticks. */
  async #begin(entry: Series): Promise<void> {
    const { clock, log, onRead, signal } = this.#options;
    const isFollowed = () => !signal.aborted && this.#entries.get(entry.watch.uid) === entry;
    while (isFollowed()) {
      let pauseMs = LEAST_TICK_MS;
      try {
        await this.#prepare(entry);
        this.#arm(entry.ticks, "soon");
        return;
      } catch (error) {
        // The end of a rollout ends its reads as well.
        if (!isFollowed()) return;
        if (error instanceof ProviderError) {
          entry.unread = error.message;
          pauseMs = Math.max(pauseMs, error.retryAfterMs ?? 0);
        } else log.error({ ...fieldsOf(entry), err: error }, "evidence start failed");
        onRead([entry.watch.uid]);
      }
      await clock.sleep(pauseMs, signal).catch(() => {});
    }
  }

  async #prepare(entry: Series): Promise<void> {
    const { watch } = entry;
    if (!isCounted(watch)) {
      if (watch.sources.length === 0) entry.unread = NO_SOURCE;
      return;
    }
    if (watch.known !== undefined) {
      entry.ticks = ticksFrom(watch.known);
      entry.judged = watch.known;
      return;
    }
    const { start, all } = await readStart(this.#options, watch, this.#ticksOf);
    entry.ticks = ticksFrom(start);
    entry.all = all;
    entry.judged = noEvidence(start);
  }

  /** Reads all rollouts with these ticks soon, after the next instant, or again. Repeats this while there are any. */
  #arm(ticks: Ticks, when: When = "next", leastMs = 0): void {
    const { clock, signal, log } = this.#options;
    const timer = `${when} ${gridKeyOf(ticks)}`;
    if (this.#timers.has(timer)) return;
    this.#timers.add(timer);
    void clock
      .sleep(Math.max(leastMs, Math.min(DELAYS_MS[when], untilNextInstant(ticks, clock.now()))), signal)
      // One read after the other, so that the next one does not query the same instants.
      .then(() => {
        const read = this.#reading.then(() => {
          this.#timers.delete(timer);
          return this.#read(ticks);
        });
        this.#reading = read.catch(() => {});
        return read;
      })
      .then((next) => {
        if (next !== undefined) this.#arm(ticks, ...next);
      })
      .catch((error: unknown) => {
        if (signal.aborted) return;
        log.error({ err: error }, "evidence read failed");
        this.#arm(ticks);
      });
  }

  /** Resolves with when to read next, in so many ms at least; `undefined` if no rollout has these ticks. */
  async #read(ticks: Ticks): Promise<readonly [When, number] | undefined> {
    const now = this.#options.clock.now();
    const to = latestInstant(ticks, now);
    for (const [uid, { askedAt }] of this.#entries) if (now - askedAt > FORGET_MS) this.forget(uid);
    const key = gridKeyOf(ticks);
    const group = [...this.#entries.values()].filter((entry) => gridKeyOf(entry.ticks) === key);
    const before = new Map(group.map(({ watch, judged, unread }) => [watch.uid, { judged, unread }]));
    const pauseMs = await readTicks(this.#options, group, to, ticks.tickMs);
    // Every second of an outage would have the controller look at all rollouts again.
    const changed = ({ watch, judged, unread }: Series) =>
      judged !== before.get(watch.uid)?.judged || unread !== before.get(watch.uid)?.unread;
    const told = this.#told.get(key) === to ? group.filter(changed) : group;
    this.#told.set(key, to);
    // Not awaited, because a slow provider must not delay a rollback.
    for (const entry of told) void this.#readGates(entry, now);
    this.#options.onRead(told.map(({ watch }) => watch.uid));
    if (group.length === 0) return undefined;
    return pauseMs === undefined ? ["next", 0] : ["again", pauseMs];
  }

  async #readGates(entry: Series, now: number): Promise<void> {
    if (entry.watch.templates.length === 0 || entry.asking) return;
    const { watch } = entry;
    entry.asking = true;
    try {
      const gates = await this.#options.gates(watch, entry.gates, now);
      if (entry.watch.terms.stepFrom === watch.terms.stepFrom) entry.gates = gates;
      this.#options.onRead([watch.uid]);
    } catch (error) {
      this.#options.log.error({ ...fieldsOf(entry), err: error }, "template check read failed");
    } finally {
      entry.asking = false;
    }
  }
}

/** The fields of a log line about one Deployment. */
function fieldsOf({ watch: { uid, subject } }: Series): object {
  return { namespace: subject.namespace, name: subject.target, uid };
}
