import type { LeanRoute } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Write } from "../../kube/core/writes.ts";
import { readWhole } from "../../kube/runtime/route-reads.ts";
import { isAdopted, sweep } from "../../rollout/cleanup/orphans.ts";
import { FLIGHT, HELD } from "../../rollout/keys.ts";
import { type Failure, performAll, type ReconcilerOptions } from "./perform.ts";

/** How long (ms) after the end of a rollout Serin sweeps: the rollout's last write may still be under way. */
const SWEEP_AFTER_MS = 500;
/** How long (ms) after a restore Serin sweeps again and reconciles every rollout. */
const AGAIN_MS = 1_000;
/** How often (ms) Serin reconciles every rollout, in case an event was lost. This costs no request. */
const RESYNC_MS = 5 * 60_000;

/** The routes of one sweep (characters of JSON). The others come in later sweeps. */
const ROUTES_AT_ONCE = 1024 * 1024;

interface OrphansOptions extends Pick<ReconcilerOptions, "kube" | "caches" | "observer" | "clock" | "log"> {
  /** Reconciles these rollouts. */
  readonly look: (uids: readonly string[]) => void;
}

/** A rollout whose Deployment this controller saw in flight, and that has ended. */
interface Ended {
  readonly namespace: string;
  /** When, in ms since the epoch. */
  readonly at: number;
  /** Serin has already swept its orphans at once. */
  readonly isHurried: boolean;
}

/** The work that follows an event about a Deployment. */
interface Due {
  /** Reconcile the rollout: it is in flight or has just ended. */
  readonly look: boolean;
  /** Sweep, in ms from now. */
  readonly sweepInMs?: number;
}

/** Restores Services, routes and ReplicaSets whose Deployment is gone. */
export class Orphans {
  readonly #options: OrphansOptions;
  /** UID → namespace. */
  readonly #inFlight = new Map<string, string>();
  readonly #ended = new Map<string, Ended>();
  #resyncAt = Number.NEGATIVE_INFINITY;
  /** How many routes Serin has swept. */
  #swept = 0;

  constructor(options: OrphansOptions) {
    this.#options = options;
  }

  /** Notes a change of the Deployment with this UID, or of an object with its mark. */
  note(uid: string): Due {
    const { caches, clock } = this.#options;
    const deployment = caches.deployment(uid);
    if (deployment !== undefined) {
      this.#inFlight.set(uid, deployment.metadata.namespace ?? "");
      return { look: true };
    }
    const namespace = this.#inFlight.get(uid);
    if (namespace !== undefined) this.#ended.set(uid, { namespace, at: clock.now(), isHurried: false });
    this.#inFlight.delete(uid);
    return { look: namespace !== undefined, sweepInMs: this.#hurries(uid) ? 0 : SWEEP_AFTER_MS };
  }

  /** Sweeps. Returns when to sweep again, in ms. Throws the first failure after it has tried all writes. */
  async sweep(): Promise<number> {
    const { kube, caches, clock } = this.#options;
    const inFlight = inFlightUids(caches);
    const [now, later] = this.#routesWithout(new Set(inFlight));
    const services = caches.services.list();
    const { writes, waitMs = RESYNC_MS } = sweep({
      now: clock.now(),
      inFlight: new Set(inFlight),
      ended: new Map([...this.#ended].map(([uid, { at }]) => [uid, at])),
      services,
      routes: await readWhole(kube, now, caches.routeCopies),
      attached: new Set(later.flatMap(({ shares }) => shares)),
      replicaSets: caches.replicaSets.list(),
    });
    this.#forget(services);
    // Before the writes: a policy that refuses a tenant's orphan must not keep the other rollouts waiting.
    const resyncInMs = this.#resync(inFlight);
    if (writes.length === 0) return Math.min(waitMs, resyncInMs, later.length > 0 ? AGAIN_MS : RESYNC_MS);
    this.#resyncAt = Math.min(this.#resyncAt, clock.now() + AGAIN_MS);
    await this.#restore(writes);
    return AGAIN_MS;
  }

  /**
   * Whether to sweep at once: native control already scales an orphaned canary for another Deployment, and its Services must
   * reach the other pods. True once for each rollout that this controller saw end, because tenants can write marks as
   * often as they like.
   */
  #hurries(uid: string): boolean {
    const ended = this.#ended.get(uid);
    if (ended === undefined || ended.isHurried) return false;
    const { namespace } = ended;
    if (!this.#options.caches.replicaSetsOf({ uid, namespace }).some(isAdopted)) return false;
    this.#ended.set(uid, { ...ended, isHurried: true });
    return true;
  }

  /**
   * The routes with a share of a rollout that is not in flight: those of this sweep, and those of later ones. Tenants can write
   * such shares, and a policy may refuse to restore some: each sweep begins with other routes.
   */
  #routesWithout(inFlight: ReadonlySet<string>): readonly [readonly LeanRoute[], readonly LeanRoute[]] {
    const all = this.#options.caches.routes
      .shared()
      .filter(({ shares }) => shares.some((uid) => !inFlight.has(uid)));
    const first = all.length === 0 ? 0 : this.#swept % all.length;
    const turned = [...all.slice(first), ...all.slice(0, first)];
    let room = ROUTES_AT_ONCE;
    const fitting = turned.findIndex(({ size }) => {
      room -= size;
      return room < 0;
    });
    const count = fitting < 0 ? turned.length : Math.max(1, fitting);
    this.#swept += count;
    return [turned.slice(0, count), turned.slice(count)];
  }

  /** The end of a rollout decides when Serin may restore its Services. Forgets rollouts without such a Service. */
  #forget(services: readonly Service[]): void {
    const marked = new Set(services.map(({ metadata }) => metadata.labels?.[FLIGHT]));
    for (const uid of this.#ended.keys()) if (!marked.has(uid)) this.#ended.delete(uid);
  }

  /** Reconciles every rollout if that is due. Returns when it is due next, in ms. */
  #resync(inFlight: readonly string[]): number {
    const { caches, clock, look } = this.#options;
    const now = clock.now();
    if (now < this.#resyncAt) return this.#resyncAt - now;
    for (const uid of inFlight) this.#inFlight.set(uid, caches.deployment(uid)?.metadata.namespace ?? "");
    look(inFlight);
    this.#resyncAt = now + RESYNC_MS;
    return RESYNC_MS;
  }

  /** Performs each write by itself: a policy that refuses one tenant's write must not block the others. */
  async #restore(writes: readonly Write[]): Promise<void> {
    const failures: Failure[] = [];
    for (const write of writes) {
      if (write.verb !== "event") {
        const { kind, namespace, name } = write;
        this.#options.log.info({ kind, namespace, name }, "restore orphan");
      }
      const failure = await performAll([write], undefined, this.#options);
      if (failure !== undefined) failures.push(failure);
    }
    if (failures[0] !== undefined) throw failures[0].error;
  }
}

/** The UIDs of the Deployments in flight, by the record that admission writes on them. */
export function inFlightUids({
  deployments,
}: Pick<OrphansOptions["caches"], "deployments">): readonly string[] {
  return deployments
    .list()
    .filter(
      ({ metadata }) =>
        metadata.annotations?.[HELD] !== undefined && metadata.deletionTimestamp === undefined,
    )
    .map(({ metadata }) => metadata.uid ?? "");
}
