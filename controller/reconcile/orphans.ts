import type { Service } from "../../kube/core/services.ts";
import type { Write } from "../../kube/core/writes.ts";
import { isAdopted, sweep } from "../../rollout/cleanup/orphans.ts";
import { FLIGHT, HELD } from "../../rollout/keys.ts";
import { type Failure, performAll, type ReconcilerOptions } from "./perform.ts";

/** How long (ms) after something lost its Deployment Serin looks for it: the rollout's last write may be under way. */
const SWEEP_AFTER_MS = 500;
/** How long (ms) after it restored something Serin looks again, at every rollout. */
const AGAIN_MS = 1_000;
/** After this long (ms) Serin looks at every rollout again, in case an event was lost: it costs no request. */
const RESYNC_MS = 5 * 60_000;

interface OrphansOptions extends Pick<ReconcilerOptions, "kube" | "caches" | "observer" | "clock" | "log"> {
  /** Looks at these rollouts again. */
  readonly look: (uids: readonly string[]) => void;
}

/** A rollout whose Deployment this controller saw in flight, and sees there no more. */
interface Ended {
  readonly namespace: string;
  /** When, in ms since the epoch. */
  readonly at: number;
  /** Its orphans were swept at once already. */
  readonly isHurried: boolean;
}

/** What an event about a Deployment asks for. */
interface Due {
  /** To look at the rollout: it is in flight, or has just ended. */
  readonly look: boolean;
  /** To sweep, in ms from now. */
  readonly sweepInMs?: number;
}

/** Restores what belongs to no rollout any more: Services, routes and ReplicaSets whose Deployment is gone. */
export class Orphans {
  readonly #options: OrphansOptions;
  /** UID → namespace. */
  readonly #inFlight = new Map<string, string>();
  readonly #ended = new Map<string, Ended>();
  #resyncAt = Number.NEGATIVE_INFINITY;

  constructor(options: OrphansOptions) {
    this.#options = options;
  }

  /** Notes a change of the Deployment with this UID, or of what carries its mark. */
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

  /** Performs what is due; returns when to sweep again, in ms. Throws the first failure after it has tried the rest. */
  async sweep(): Promise<number> {
    const { caches, clock } = this.#options;
    const inFlight = inFlightUids(caches);
    const services = caches.services.list();
    const { writes, waitMs = RESYNC_MS } = sweep({
      now: clock.now(),
      inFlight: new Set(inFlight),
      ended: new Map([...this.#ended].map(([uid, { at }]) => [uid, at])),
      services,
      routes: caches.routes(),
      replicaSets: caches.replicaSets.list(),
    });
    this.#forget(services);
    if (writes.length === 0) return Math.min(waitMs, this.#resync(inFlight));
    this.#resyncAt = Math.min(this.#resyncAt, clock.now() + AGAIN_MS);
    await this.#restore(writes);
    return AGAIN_MS;
  }

  /**
   * Native control scales an orphaned canary already as another Deployment wants: no time must pass before its Services
   * reach the other pods. Once for each rollout that this controller saw end: marks alone prove nothing, tenants may
   * write them as often as they like.
   */
  #hurries(uid: string): boolean {
    const ended = this.#ended.get(uid);
    if (ended === undefined || ended.isHurried) return false;
    const { namespace } = ended;
    if (!this.#options.caches.replicaSetsOf({ uid, namespace }).some(isAdopted)) return false;
    this.#ended.set(uid, { ...ended, isHurried: true });
    return true;
  }

  /** Ended rollouts tell when their Services may be restored; without such a Service they are of no use. */
  #forget(services: readonly Service[]): void {
    const marked = new Set(services.map(({ metadata }) => metadata.labels?.[FLIGHT]));
    for (const uid of this.#ended.keys()) if (!marked.has(uid)) this.#ended.delete(uid);
  }

  /** Looks at every rollout if that is due; returns when it is due next, in ms. */
  #resync(inFlight: readonly string[]): number {
    const { caches, clock, look } = this.#options;
    const now = clock.now();
    if (now < this.#resyncAt) return this.#resyncAt - now;
    for (const uid of inFlight) this.#inFlight.set(uid, caches.deployment(uid)?.metadata.namespace ?? "");
    look(inFlight);
    this.#resyncAt = now + RESYNC_MS;
    return RESYNC_MS;
  }

  /** Each write by itself: what one tenant's policy refuses must not keep the others from theirs. */
  async #restore(writes: readonly Write[]): Promise<void> {
    const failures: Failure[] = [];
    for (const write of writes) {
      if (write.verb !== "event") {
        const { kind, namespace, name } = write;
        this.#options.log.info({ kind, namespace, name }, "restore orphan");
      }
      const failure = await performAll([write], "orphans", this.#options);
      if (failure !== undefined) failures.push(failure);
    }
    if (failures[0] !== undefined) throw failures[0].error;
  }
}

/** The UIDs of the Deployments that are in flight, as admission noted it on them. */
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
