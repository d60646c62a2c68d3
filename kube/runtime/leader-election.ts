import type { Kube } from "../client/api.ts";
import { isAlreadyExists, isConflict } from "../client/errors.ts";
import type { Deadline } from "../client/fence.ts";
import { backoffMs, type Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { type HeldLease, LeaseAccess } from "./lease-access.ts";

/** The candidate, and the work of the leader. */
export interface LeadOptions {
  readonly kube: Kube;
  readonly namespace: string;
  /** The name of the Lease. */
  readonly name: string;
  /** The candidate's, unique among the running replicas. */
  readonly identity: string;
  /** How long (ms) other candidates wait for a silent leader, a multiple of 1,000; 15,000. */
  readonly durationMs?: number;
  /** How often a leader renews, in milliseconds; 5,000. */
  readonly renewMs?: number;
  readonly clock: Clock;
  /** Measures how long the candidate respects another's Lease: a clock that is never ahead, whatever sets the machine's. */
  readonly steady: Pick<Clock, "now">;
  /** Measures how long the candidate's own Lease lasts: a clock that never falls behind. */
  readonly hasty: Pick<Clock, "now">;
  /** Ends the candidacy; a leader hands over. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** See ReflectOptions. No candidate takes the Lease before it has noticed that etcd was restored. */
  readonly onRestored?: () => void;
  /**
   * Called while the candidate does not lead: whether it sees a Lease that another one renews, or else whether the API
   * server answered its last try to take it.
   */
  readonly onStandby?: (isInOrder: boolean) => void;
  /**
   * Leads until the signal aborts: on loss of the Lease, or on shutdown. Must then settle soon. May write until the
   * deadline. Each renewal moves the deadline on, and an abort ends it at once.
   */
  readonly onLead: (signal: AbortSignal, until: Deadline) => Promise<void>;
}

/**
 * Stands for election until the signal aborts, and leads each time it is elected. Resolves after the hand-over that
 * follows an abort, or when onLead ends by itself. Rejects with an error of onLead after the hand-over. A leader that
 * cannot renew gives up after two thirds of the duration, before another candidate may take its place. Each candidate
 * measures with its own clock, from the changes that it saw itself.
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

/** A candidate's time as leader, with the Lease of the last renewal. */
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

  /** Waits until the Lease is free and takes it; undefined if the signal aborts first. */
  async elected(): Promise<HeldLease | undefined> {
    const { clock, signal, log, namespace, name, onStandby = () => {} } = this.#options;
    await this.#lease.synced.catch(() => {});
    for (let failures = 0; !signal.aborted; ) {
      const waitMs = this.#lease.respectMs();
      if (waitMs > 0) {
        onStandby(true);
        await clock.sleep(waitMs, AbortSignal.any([signal, this.#lease.changed])).catch(() => {});
        continue;
      }
      try {
        return await this.#lease.take();
      } catch (error) {
        const isOvertaken = isConflict(error) || isAlreadyExists(error);
        if (!isOvertaken) log.warn({ namespace, name, err: error }, "take lease failed");
        onStandby(isOvertaken);
        await this.#lease.read().catch(() => {});
        await clock.sleep(backoffMs(failures++), signal).catch(() => {});
      }
    }
    return undefined;
  }

  /** Leads until onLead ends ("ended") or another replica has the Lease ("lost"). Hands over at the end. */
  async reign(held: HeldLease): Promise<"ended" | "lost"> {
    const { signal, log, onLead, identity, namespace, name } = this.#options;
    const fields = { namespace, name, identity };
    const lost = new AbortController();
    const settled = new AbortController();
    log.info(fields, "leading");
    const leading = AbortSignal.any([signal, lost.signal]);
    const term = { held };
    const until = () => (leading.aborted ? Number.NEGATIVE_INFINITY : this.#endOf(term));
    // If the signal aborted while the candidate took the Lease, the work must not begin: it would see no abort event.
    const work = (signal.aborted ? Promise.resolve() : onLead(leading, until)).finally(() => settled.abort());
    work.catch(() => {});
    // The leader renews during a shutdown as well, because no other candidate may begin before the work has settled.
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

  /** Renews until the work has settled, another replica has the Lease, or a renewal comes too late. */
  async #keep(term: Term, settled: AbortSignal): Promise<"ended" | "lost"> {
    const { clock, hasty, renewMs } = this.#options;
    for (;;) {
      await clock.sleep(renewMs, settled).catch(() => {});
      if (settled.aborted) return "ended";
      const stop = new AbortController();
      const signal = AbortSignal.any([settled, stop.signal]);
      const leftMs = this.#endOf(term) - hasty.now();
      const tooLate = clock.sleep(Math.max(0, leftMs), signal).catch(() => {});
      // A request may hang for longer than the Lease lasts, so time decides, not the answer.
      const next = await Promise.race([this.#lease.renew(term.held, signal), tooLate]);
      stop.abort();
      if (settled.aborted) return "ended";
      if (!next) return "lost";
      term.held = next;
    }
  }

  /** The instant (ms of the hasty clock) at which a leader gives up without another renewal. */
  #endOf({ held }: Term): number {
    return held.since + (this.#options.durationMs * 2) / 3;
  }
}
