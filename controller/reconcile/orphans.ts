import type { KubeObject } from "../../kube/core/meta.ts";
import type { Service } from "../../kube/core/services.ts";
import { readWhole } from "../../kube/runtime/route-reads.ts";
import { type GraceInput, hashesInGrace } from "../../rollout/cleanup/grace.ts";
import { removeLeftHold } from "../../rollout/cleanup/left-hold.ts";
import { sweep } from "../../rollout/cleanup/orphans.ts";
import { isAdopted } from "../../rollout/cleanup/strays.ts";
import { FLIGHT } from "../../rollout/keys.ts";
import { leanRoute } from "../../rollout/traffic/lean-route.ts";
import {
  copiesIn,
  inFlightOf,
  inFlightUids,
  isNotIn,
  lostRoutes,
  type Marked,
  markedIn,
  markedNamespaces,
} from "./marked.ts";
import { type Change, namespaceOf, shareUids } from "./marks.ts";
import type { ReconcilerOptions } from "./perform.ts";
import { restoreEach } from "./restore.ts";
import { RouteTurns } from "./route-turns.ts";
import { readVersions } from "./versions.ts";

/** How long (ms) after the end of a rollout Serin sweeps: the rollout's last write may still be under way. */
const SWEEP_AFTER_MS = 500;
/** How long (ms) after a restore Serin sweeps the namespace again and reconciles its rollouts. */
const AGAIN_MS = 1_000;
/**
 * A rollout is restored in fewer sweeps than this. If more sweeps in a row find something to restore, a tenant writes new
 * marks all the time, and each further sweep waits twice as long, up to a minute.
 */
const MOST_SWEEPS = 8;
const LONGEST_MS = 60_000;

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

/** The sweeps in a row that restored something in one namespace. */
interface Restored {
  readonly sweeps: number;
  /** When Serin may sweep there again, in ms since the epoch. */
  readonly againAt: number;
}

/** The work that follows an event. */
interface Due {
  /** Reconcile the rollout, which is in flight or has just ended in this namespace. */
  readonly lookIn?: string | undefined;
  /** Namespace to sweep → in ms from now. */
  readonly sweeps: ReadonlyMap<string, number>;
}

/** Restores Services, routes and ReplicaSets whose Deployment is gone. */
export class Orphans {
  readonly #options: OrphansOptions;
  /** When (ms) this controller began to lead. */
  readonly #ledSince: number;
  /** UID → namespace. */
  readonly #inFlight = new Map<string, string>();
  readonly #ended = new Map<string, Ended>();
  readonly #restored = new Map<string, Restored>();
  readonly #turns = new RouteTurns(ROUTES_AT_ONCE);

  constructor(options: OrphansOptions) {
    this.#options = options;
    this.#ledSince = options.clock.now();
  }

  /** Notes a change of a Deployment, or of an object with its mark. Only what the change can concern is due. */
  note(change: Change): Due {
    const { caches, observer, clock } = this.#options;
    const { uid, objects } = change;
    const deployment = caches.deployment(uid);
    if (deployment !== undefined) {
      const { namespace = "" } = deployment.metadata;
      this.#inFlight.set(uid, namespace);
      const lookIn = observer.concerns(deployment, change) ? namespace : undefined;
      const left = removeLeftHold(deployment).length > 0 ? [deployment] : [];
      return { lookIn, sweeps: soonIn([...left, ...copiesIn(change, namespace)]) };
    }
    const home = this.#inFlight.get(uid);
    if (home !== undefined) this.#ended.set(uid, { namespace: home, at: clock.now(), isHurried: false });
    this.#inFlight.delete(uid);
    // A share may be all that is left of the rollout.
    const shared = isDeployment(change) ? caches.routes.around([], uid) : [];
    const sweeps = soonIn([...objects, ...shared]);
    const hurried = this.#hurry(uid);
    return { lookIn: home, sweeps: hurried === undefined ? sweeps : sweeps.set(hurried, 0) };
  }

  /** Reconciles every rollout, in case an event was lost. Returns the namespaces to sweep. */
  resync(): ReadonlySet<string> {
    const { caches, look } = this.#options;
    const uids = inFlightUids(caches);
    for (const uid of uids) this.#inFlight.set(uid, caches.deployment(uid)?.metadata.namespace ?? "");
    look(uids);
    return markedNamespaces(caches);
  }

  /** Sweeps one namespace. Returns when to sweep it again, in ms. Throws the first failure after it has tried all writes. */
  async sweep(namespace: string): Promise<number | undefined> {
    const { kube, caches, clock, look } = this.#options;
    const last = this.#restored.get(namespace);
    if (last !== undefined && clock.now() < last.againAt) return last.againAt - clock.now();
    if (last !== undefined) look(inFlightUids(caches, namespace));
    const before = markedIn(caches, namespace);
    const now = this.#turns.take(namespace, lostRoutes(caches, before));
    const hashes = hashesInGrace(namespace, { ...this.#known(before), ...before });
    // Versions that cannot be read must not keep the other objects from their restore.
    const [routes, read] = await Promise.all([
      readWhole(kube, now, caches.routeCopies),
      readVersions(kube, namespace, hashes).catch((error: unknown) => ({ error })),
    ]);
    // Rollouts may have begun or ended during the read.
    const marked = markedIn(caches, namespace);
    const later = lostRoutes(caches, marked).filter(isNotIn(now));
    const { services, replicaSets } = marked;
    const { writes, waitMs } = sweep({
      ...this.#known({ ...marked, routes: [...marked.routes, ...routes.map(leanRoute)] }),
      ...("error" in read ? {} : { versions: read }),
      services,
      replicaSets,
      routes,
      attached: new Set(later.flatMap(shareUids)),
    });
    this.#forget(namespace, services);
    const holds = caches.deployments.by("namespace", namespace).map(removeLeftHold);
    const restores = [...writes.map((write) => [write]), ...holds].filter((group) => group.length > 0);
    if (restores.length === 0 && later.length === 0) {
      this.#restored.delete(namespace);
      if ("error" in read) throw read.error;
      return waitMs;
    }
    const sweeps = (last?.sweeps ?? 0) + 1;
    const againMs = Math.min(LONGEST_MS, AGAIN_MS * 2 ** Math.max(0, sweeps - MOST_SWEEPS));
    this.#restored.set(namespace, { sweeps, againAt: clock.now() + againMs });
    await restoreEach(restores, this.#options);
    if ("error" in read) throw read.error;
    return againMs;
  }

  /** What decides whether the rollouts of these objects are over. */
  #known(marked: Marked): GraceInput {
    const { caches, clock } = this.#options;
    const ended = new Map([...this.#ended].map(([uid, { at }]) => [uid, at]));
    return { now: clock.now(), ledSince: this.#ledSince, ...inFlightOf(caches, marked), ended };
  }

  /**
   * The namespace to sweep at once: native control already scales an orphaned canary for another Deployment, and its Services
   * must reach the other pods. Once for each rollout that this controller saw end, because tenants can write marks as
   * often as they like.
   */
  #hurry(uid: string): string | undefined {
    const ended = this.#ended.get(uid);
    if (ended === undefined || ended.isHurried) return undefined;
    const { namespace } = ended;
    if (!this.#options.caches.replicaSetsOf({ uid, namespace }).some(isAdopted)) return undefined;
    this.#ended.set(uid, { ...ended, isHurried: true });
    const last = this.#restored.get(namespace);
    if (last !== undefined) this.#restored.set(namespace, { ...last, againAt: this.#options.clock.now() });
    return namespace;
  }

  /** The end of a rollout decides when Serin may restore its Services. Forgets rollouts without such a Service. */
  #forget(namespace: string, services: readonly Service[]): void {
    const marked = new Set(services.map(({ metadata }) => metadata.labels?.[FLIGHT]));
    for (const [uid, ended] of this.#ended)
      if (ended.namespace === namespace && !marked.has(uid)) this.#ended.delete(uid);
  }
}

/** The namespaces of these objects, each with the time (ms) to its sweep. */
function soonIn(objects: readonly KubeObject[]): Map<string, number> {
  return new Map(objects.flatMap(namespaceOf).map((namespace) => [namespace, SWEEP_AFTER_MS]));
}

function isDeployment({ uid, objects }: Change): boolean {
  return objects.some(({ metadata }) => metadata.uid === uid);
}
