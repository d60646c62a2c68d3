import type { Kube } from "../client/api.ts";
import { isAlreadyExists, isConflict, isNotFound } from "../client/errors.ts";
import type { Deadline } from "../client/fence.ts";
import { backoffMs, type Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { leases } from "../core/resources.ts";
import { type Lease, released, renewed, respectMs, taken } from "./lease.ts";
import { type Reflection, reflect } from "./reflector.ts";

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

/** A Lease of ours, and the instant before the write that made it so. */
interface Held {
  readonly lease: Lease;
  readonly since: number;
}

/** One's time as leader: the Lease as it was renewed last. */
interface Term {
  held: Held;
}

class Candidate {
  readonly #options: LeadOptions & { durationMs: number; renewMs: number };
  readonly #seen: Reflection<Lease>;
  readonly #where: { namespace: string; name: string };
  /** When the Lease was last seen to change. */
  #seenAt = 0;
  #wake = new AbortController();

  constructor(options: LeadOptions) {
    const { namespace, name } = options;
    this.#options = { durationMs: 15_000, renewMs: 5_000, ...options };
    this.#where = { namespace, name };
    const fieldSelector = `metadata.name=${name}`;
    const onChange = () => this.#changed();
    this.#seen = reflect<Lease>({ ...options, resource: leases, fieldSelector, initial: "watch", onChange });
  }

  /** Waits until the Lease is free and takes it; undefined when the signal aborts first. */
  async elected(): Promise<Held | undefined> {
    const { clock, signal, log } = this.#options;
    await this.#seen.synced.catch(() => {});
    for (let failures = 0; !signal.aborted; ) {
      const waitMs = respectMs(this.#known(), this.#seenAt, { ...this.#options, now: clock.now() });
      if (waitMs > 0) {
        await clock.sleep(waitMs, AbortSignal.any([signal, this.#wake.signal])).catch(() => {});
        continue;
      }
      try {
        return await this.#take();
      } catch (error) {
        if (!isConflict(error) && !isAlreadyExists(error)) log.warn({ err: error }, "cannot take the lease");
        await this.#read().catch(() => {});
        await clock.sleep(backoffMs(failures++), signal).catch(() => {});
      }
    }
    return undefined;
  }

  /** Leads until onLead ends ("ended") or the Lease is lost ("lost"); hands over at the end. */
  async reign(held: Held): Promise<"ended" | "lost"> {
    const { signal, log, onLead, identity } = this.#options;
    const lost = new AbortController();
    const settled = new AbortController();
    log.info({ identity }, "leading");
    const leading = AbortSignal.any([signal, lost.signal]);
    const term = { held };
    const until = () => (leading.aborted ? Number.NEGATIVE_INFINITY : this.#endOf(term));
    const work = onLead(leading, until).finally(() => settled.abort());
    work.catch(() => {});
    // Renews during shutdown as well: until the work has settled nobody else may begin.
    const kept = await this.#keep(term, settled.signal);
    if (kept === "lost") {
      log.warn({ identity }, "leadership lost");
      lost.abort(new Error("leadership lost"));
    } else {
      await this.#release().catch((error) => log.warn({ err: error }, "lease not released"));
    }
    await work.catch((error) => {
      // To break off is how many a loop ends when its signal aborts.
      if (!leading.aborted) throw error;
      log.debug({ err: error }, "leader stopped");
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
      const next = await Promise.race([this.#renew(term.held, signal), tooLate]);
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

  /** Tries until it succeeds or the signal aborts; undefined when the Lease is another's. */
  async #renew({ lease }: Held, signal: AbortSignal): Promise<Held | undefined> {
    const { clock, identity, renewMs, log } = this.#options;
    for (let known = lease; !signal.aborted; ) {
      try {
        return await this.#write(known, renewed);
      } catch (error) {
        log.debug({ err: error }, "lease not renewed");
        const now = await this.#read().catch((cause) => (isNotFound(cause) ? undefined : known));
        if (now?.spec?.holderIdentity !== identity) return undefined;
        known = now;
        await clock.sleep(renewMs / 5, signal).catch(() => {});
      }
    }
    return undefined;
  }

  async #take(): Promise<Held> {
    const { kube, clock, namespace, name } = this.#options;
    const known = this.#known();
    const spec = (now: number) => taken(known, { ...this.#options, now });
    if (known) return this.#write(known, spec);
    const since = clock.now();
    const body = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name },
      spec: spec(since),
    };
    return this.#note(await kube.create<Lease>(leases, { namespace }, body), since);
  }

  async #release(): Promise<void> {
    const lease = await this.#read();
    if (lease.spec?.holderIdentity === this.#options.identity) await this.#write(lease, released);
  }

  /** Changes the spec of the very version of the Lease that is known; isConflict when another was faster. */
  async #write(lease: Lease, change: (now: number) => object): Promise<Held> {
    const since = this.#options.clock.now();
    const { resourceVersion } = lease.metadata;
    const patch = { metadata: { resourceVersion }, spec: change(since) };
    return this.#note(await this.#options.kube.mergePatch<Lease>(leases, this.#where, patch), since);
  }

  async #read(): Promise<Lease> {
    const { kube, clock } = this.#options;
    return this.#note(await kube.get<Lease>(leases, this.#where), clock.now()).lease;
  }

  #note(lease: Lease, since: number): Held {
    this.#seen.apply(lease);
    return { lease, since };
  }

  #known(): Lease | undefined {
    return this.#seen.get(`${this.#options.namespace}/${this.#options.name}`);
  }

  #changed(): void {
    this.#seenAt = this.#options.clock.now();
    this.#wake.abort();
    this.#wake = new AbortController();
  }
}
