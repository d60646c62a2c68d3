import type { Kube } from "../client/api.ts";
import { isNotFound } from "../client/errors.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { leases } from "../core/resources.ts";
import { type Lease, released, renewed, respectMs, type Seen, taken } from "./lease.ts";
import { type Reflection, reflect } from "./reflector.ts";

/** One Lease in the API server, and the candidate that reads and writes it. */
export interface LeaseOptions {
  readonly kube: Kube;
  readonly namespace: string;
  readonly name: string;
  /** The candidate's, unique among the running replicas. */
  readonly identity: string;
  readonly durationMs: number;
  readonly renewMs: number;
  readonly clock: Clock;
  /** See LeadOptions. */
  readonly steady: Pick<Clock, "now">;
  readonly hasty: Pick<Clock, "now">;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** See ReflectOptions. */
  readonly onRestored?: () => void;
}

/** A Lease that the candidate holds, and the instant (ms of the hasty clock) before its last write. */
export interface HeldLease {
  readonly lease: Lease;
  readonly since: number;
}

/** Watches one Lease and writes it. Each write fits only the version that the candidate knows. */
export class LeaseAccess {
  readonly #options: LeaseOptions;
  readonly #copy: Reflection<Lease>;
  readonly #where: { readonly namespace: string; readonly name: string };
  #seen: Seen = { lease: undefined, exists: false, at: 0 };
  #wake = new AbortController();

  constructor(options: LeaseOptions) {
    const { namespace, name } = options;
    this.#options = options;
    this.#where = { namespace, name };
    const fieldSelector = `metadata.name=${name}`;
    const onChange = (_key: string, now: Lease | undefined) => this.#changed(now);
    this.#copy = reflect<Lease>({ ...options, resource: leases, fieldSelector, initial: "watch", onChange });
  }

  /** Resolves after the first read of the Lease. */
  get synced(): Promise<void> {
    return this.#copy.synced;
  }

  /** Aborts at the next change of the Lease. */
  get changed(): AbortSignal {
    return this.#wake.signal;
  }

  /** How long (ms) the candidate must still respect the Lease's holder; 0 or less: it may take the Lease. */
  respectMs(): number {
    return respectMs(this.#seen, { ...this.#options, now: this.#options.steady.now() });
  }

  /** Creates the Lease or takes it over. The error is isConflict or isAlreadyExists if another candidate was faster. */
  async take(): Promise<HeldLease> {
    const { kube, clock, hasty, namespace, name } = this.#options;
    const known = this.#known();
    const spec = (now: number) => taken(known, { ...this.#options, now });
    if (known) return this.#write(known, spec);
    const since = hasty.now();
    const body = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name },
      spec: spec(clock.now()),
    };
    return this.#note(await kube.create<Lease>(leases, { namespace }, body), since);
  }

  /** Tries until it succeeds or the signal aborts; undefined if another candidate holds the Lease. */
  async renew({ lease }: HeldLease, signal: AbortSignal): Promise<HeldLease | undefined> {
    const { clock, identity, namespace, name, durationMs, renewMs, log } = this.#options;
    for (let known = lease; !signal.aborted; ) {
      try {
        return await this.#write(known, (now) => renewed({ durationMs, now }));
      } catch (error) {
        log.debug({ namespace, name, identity, err: error }, "renew lease failed");
        const now = await this.read().catch((cause) => (isNotFound(cause) ? undefined : known));
        if (now?.spec?.holderIdentity !== identity) return undefined;
        known = now;
        await clock.sleep(renewMs / 5, signal).catch(() => {});
      }
    }
    return undefined;
  }

  /** Frees the Lease, if the candidate still holds it. */
  async release(): Promise<void> {
    const lease = await this.read();
    if (lease.spec?.holderIdentity === this.#options.identity) await this.#write(lease, released);
  }

  /** Reads the Lease from the API server. */
  async read(): Promise<Lease> {
    const { kube, hasty } = this.#options;
    return this.#note(await kube.get<Lease>(leases, this.#where), hasty.now()).lease;
  }

  async #write(lease: Lease, change: (now: number) => object): Promise<HeldLease> {
    const { kube, clock, hasty } = this.#options;
    const since = hasty.now();
    const { resourceVersion } = lease.metadata;
    const patch = { metadata: { resourceVersion }, spec: change(clock.now()) };
    return this.#note(await kube.mergePatch<Lease>(leases, this.#where, patch), since);
  }

  #note(lease: Lease, since: number): HeldLease {
    this.#copy.apply(lease);
    return { lease, since };
  }

  #known(): Lease | undefined {
    return this.#copy.get(`${this.#options.namespace}/${this.#options.name}`);
  }

  #changed(now: Lease | undefined): void {
    const exists = now !== undefined;
    this.#seen = { lease: now ?? this.#seen.lease, exists, at: this.#options.steady.now() };
    this.#wake.abort();
    this.#wake = new AbortController();
  }
}
