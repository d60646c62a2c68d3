import type { Kube } from "../client/api.ts";
import { isAlreadyExists, isConflict } from "../client/errors.ts";
import type { Deadline } from "../client/fence.ts";
import { backoffMs, type Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { type HeldLease, LeaseAccess } from "./lease-access.ts";

/** Who wants to lead, and what the leader does. */
export interface LeadOptions {
  readonly kube: Kube;
  readonly namespace: string;
  /** The name of the Lease. */
  readonly name: string;
  /** Ours, unique among those alive. */
  readonly identity: string;
  /** How long a silent leader is respected, in milliseconds, a multiple of 1,000; 15,000. */
  readonly durationMs?: number;
  /** How often a leader renews, in milliseconds; 5,000. */
  readonly renewMs?: number;
  readonly clock: Clock;
  /** Ends the candidacy; a leader hands over. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /**
   * Leads until its signal aborts: on loss of the Lease, or on shutdown. Must then settle soon. May write until the deadline,
   * which each renewal moves on; it is past as soon as the signal aborts.
   */
  readonly onLead: (signal: AbortSignal, until: Deadline) => Promise<void>;
}

/**
 * Stands for election as long as the signal does not abort, and leads whenever elected. Resolves after the hand-over
 * that follows an abort, or when onLead ends by itself; rejects with what onLead throws, after the hand-over.
 * A leader that could not renew gives up after two thirds of the duration, before any other may take its place: each
 * measures from what it has seen itself, never by another machine's clock.
 */
export async function lead(options: LeadOptions): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  try {
    const candidate = new Candidate({ ...options, signal });
    while (!signal.aborted) {
      const elected = await candidate.elected();
      if (!elected) return;
      if ((await candidate.reign(elected)) === "ended") return;
    }
  } finally {
    stop.abort();
  }
}

/** One's time as leader: the Lease as it was renewed last. */
interface Term {
  held: HeldLease;
}

class Candidate {
  readonly #options: LeadOptions & { durationMs: number; renewMs: number };
  readonly #lease: LeaseAccess;

  constructor(options: LeadOptions) {
    this.#options = { durationMs: 15_000, renewMs: 5_000, ...options };
    this.#lease = new LeaseAccess(this.#options);
  }

  /** Waits until the Lease is free and takes it; undefined when the signal aborts first. */
  async elected(): Promise<HeldLease | undefined> {
    const { clock, signal, log, namespace, name } = this.#options;
    await this.#lease.synced.catch(() => {});
    for (let failures = 0; !signal.aborted; ) {
      const waitMs = this.#lease.respectMs();
      if (waitMs > 0) {
        await clock.sleep(waitMs, AbortSignal.any([signal, this.#lease.changed])).catch(() => {});
        continue;
      }
      try {
        return await this.#lease.take();
      } catch (error) {
        if (!isConflict(error) && !isAlreadyExists(error))
          log.warn({ namespace, name, err: error }, "take lease failed");
        await this.#lease.read().catch(() => {});
        await clock.sleep(backoffMs(failures++), signal).catch(() => {});
      }
    }
    return undefined;
  }

  /** Leads until onLead ends ("ended") or the Lease is lost ("lost"); hands over at the end. */
  async reign(held: HeldLease): Promise<"ended" | "lost"> {
    const { signal, log, onLead, identity, namespace, name } = this.#options;
    const fields = { namespace, name, identity };
    const lost = new AbortController();
    const settled = new AbortController();
    log.info(fields, "leading");
    const leading = AbortSignal.any([signal, lost.signal]);
    const term = { held };
    const until = () => (leading.aborted ? Number.NEGATIVE_INFINITY : this.#endOf(term));
    // A candidate that was stopped while it took the Lease begins no work: it would hear of no abort.
    const work = (signal.aborted ? Promise.resolve() : onLead(leading, until)).finally(() => settled.abort());
    work.catch(() => {});
    // Renews during shutdown as well: until the work has settled no other candidate may begin.
    const kept = await this.#keep(term, settled.signal);
    if (kept === "lost") {
      log.warn(fields, "leadership lost");
      lost.abort(new Error("leadership lost"));
    } else {
      await this.#lease
        .release()
        .catch((error) => log.warn({ ...fields, err: error }, "release lease failed"));
    }
    await work.catch((error) => {
      // Many loops end with an error when their signal aborts.
      if (!leading.aborted) throw error;
      log.debug({ ...fields, err: error }, "leader stopped");
    });
    return kept;
  }

  /** Renews until the work has settled, or until the Lease is another's or was not renewed in time. */
  async #keep(term: Term, settled: AbortSignal): Promise<"ended" | "lost"> {
    const { clock, renewMs } = this.#options;
    for (;;) {
      await clock.sleep(renewMs, settled).catch(() => {});
      if (settled.aborted) return "ended";
      const stop = new AbortController();
      const signal = AbortSignal.any([settled, stop.signal]);
      const leftMs = this.#endOf(term) - clock.now();
      const tooLate = clock.sleep(Math.max(0, leftMs), signal).catch(() => {});
      // A request may hang for longer than the Lease lasts, so time decides, not the answer.
      const next = await Promise.race([this.#lease.renew(term.held, signal), tooLate]);
      stop.abort();
      if (settled.aborted) return "ended";
      if (!next) return "lost";
      term.held = next;
    }
  }

  /** When a leader that does not renew gives up, in ms since the epoch. */
  #endOf({ held }: Term): number {
    return held.since + (this.#options.durationMs * 2) / 3;
  }
}
