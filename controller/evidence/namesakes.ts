import type { Kube } from "../../kube/client/api.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { Log } from "../../kube/core/log.ts";
import { routeKinds } from "../../kube/core/resources.ts";
import { type Route, routeKeyOf } from "../../kube/core/routes.ts";
import { type Reflection, reflect } from "../../kube/runtime/reflector.ts";
import type { Pack } from "../../rollout/gateways/metrics/pack.ts";
import { claimsOn, serviceOf } from "../../rollout/gateways/namesakes.ts";
import type { JudgeInput } from "../../rollout/judge/evidence.ts";

/** The means to follow the routes of the cluster. */
interface NamesakesOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Why the series of a key may be those of others. */
export interface Doubt {
  /** A sentence for people. */
  readonly reason: string;
  /** The last instant (ms) at which they may be. */
  readonly until: number;
}

/** Finds the doubt about the series with this key that would count for the rollout of the Deployment with this UID. */
export type FindDoubt = (uid: string, key: string) => Doubt | undefined;

/** A route that names a Service whose series have the same key. */
interface Namesake {
  readonly route: string;
  readonly service: string;
  /** When it was last seen, in ms. */
  readonly seen: number;
}

/** For so long (ms) after a route is gone its series may come: those of GKE come minutes late. */
const LINGER_MS = 10 * 60_000;

/**
 * The routes of others whose series Serin cannot tell from those of a rollout. Anyone may create such a route at any time, so
 * Serin follows all routes of the cluster, but only while a rollout is judged by a gateway that joins names.
 */
export class Namesakes {
  readonly #options: NamesakesOptions;
  /** UID → id of a key → the rollout's own Services. */
  readonly #own = new Map<string, ReadonlyMap<string, ReadonlySet<string>>>();
  /** Id of a key → the namesakes that are gone, by Service. It holds keys of followed rollouts only. */
  readonly #gone = new Map<string, Map<string, Namesake>>();
  readonly #packs = new Set<Pack>();
  #routes: { readonly copies: readonly Reflection<Route>[]; readonly stop: AbortController } | undefined;
  #synced: Promise<unknown> = Promise.resolve();
  #isSynced = false;

  constructor(options: NamesakesOptions) {
    this.#options = options;
  }

  /** Follows the routes for this rollout. Resolves when all are known. Rejects if the controller ends first. */
  async follow({ uid, sources }: Pick<JudgeInput, "uid" | "sources">): Promise<void> {
    const own = new Map<string, Set<string>>();
    for (const { pack, canary, stable } of sources) {
      for (const backend of pack.joined === undefined ? [] : [...canary, ...stable]) {
        for (const key of pack.keysFor(backend)) {
          own.set(idOf(pack, key), (own.get(idOf(pack, key)) ?? new Set()).add(serviceOf(backend)));
        }
      }
    }
    if (own.size === 0) return this.forget(uid);
    this.#own.set(uid, own);
    for (const { pack } of sources) this.#packs.add(pack);
    if (this.#routes === undefined) this.#open();
    await this.#synced;
  }

  /** Ends the watch on the routes with the last rollout that needs it. */
  forget(uid: string): void {
    this.#own.delete(uid);
    if (this.#own.size > 0) return;
    this.#routes?.stop.abort();
    this.#routes = undefined;
    this.#gone.clear();
    this.#packs.clear();
  }

  /** The doubts about series of these metrics, for the present routes. */
  doubts(pack: Pack): FindDoubt {
    const present = this.#present(pack);
    return (uid, key) => {
      const own = this.#own.get(uid)?.get(idOf(pack, key));
      if (own === undefined) return undefined;
      const now = this.#options.clock.now();
      if (!this.#isSynced) return { reason: "Serin has not yet read the routes of the cluster", until: now };
      const known = [...(present.get(key) ?? []), ...(this.#gone.get(idOf(pack, key))?.values() ?? [])];
      const others = known.filter(({ service }) => !own.has(service)).toSorted((a, b) => b.seen - a.seen);
      const [last] = others;
      return last && { reason: reasonOf(pack, last, own), until: last.seen + LINGER_MS };
    };
  }

  /** Key → the namesakes among the present routes. */
  #present(pack: Pack): ReadonlyMap<string, readonly Namesake[]> {
    const seen = this.#options.clock.now();
    const claims = claimsOn(pack, this.#keysOf(pack));
    const found = new Map<string, Namesake[]>();
    for (const route of this.#routes?.copies.flatMap((copy) => copy.list()) ?? []) {
      for (const { key, service } of claims(route))
        found.set(key, [...(found.get(key) ?? []), { route: routeKeyOf(route), service, seen }]);
    }
    return found;
  }

  #keysOf(pack: Pack): ReadonlySet<string> {
    const prefix = idOf(pack, "");
    const ids = [...this.#own.values()].flatMap((own) => [...own.keys()]);
    return new Set(ids.filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length)));
  }

  #open(): void {
    const { kube, clock, log, signal } = this.#options;
    const stop = new AbortController();
    const copies = routeKinds.map((resource) =>
      reflect<Route>({
        kube,
        resource,
        initial: "watch",
        clock,
        log,
        signal: AbortSignal.any([signal, stop.signal]),
        pick: namesOnly,
        onChange: (_key, _now, before) => this.#remember(before),
      }),
    );
    this.#routes = { copies, stop };
    this.#isSynced = false;
    this.#synced = Promise.all(copies.map(({ synced }) => synced)).then(() => {
      this.#isSynced = true;
    });
    this.#synced.catch(() => {});
  }

  /** A route that changes or goes may have left series behind. */
  #remember(before: Route | undefined): void {
    if (before === undefined) return;
    const seen = this.#options.clock.now();
    for (const pack of this.#packs) {
      for (const { key, service } of claimsOn(pack, this.#keysOf(pack))(before)) {
        const gone = this.#gone.get(idOf(pack, key)) ?? new Map<string, Namesake>();
        this.#gone.set(idOf(pack, key), gone.set(service, { route: routeKeyOf(before), service, seen }));
      }
    }
  }
}

function idOf({ name }: Pack, key: string): string {
  return `${name} ${key}`;
}

function reasonOf({ name }: Pack, { route, service }: Namesake, own: ReadonlySet<string>): string {
  return (
    `${route} names Service ${service}, whose series ${name} gives the same name as those of Service ` +
    `${[...own].join(", ")}: rename one of them, annotate serin.dev/metrics: application, or promote the canary yourself`
  );
}

/** Without the parts of a route that name no Service. */
function namesOnly({ apiVersion, kind, metadata, spec }: Route): Route {
  const { name, namespace = "", resourceVersion = "" } = metadata;
  const { parentRefs = [], rules = [] } = spec;
  return {
    ...(apiVersion && { apiVersion }),
    ...(kind && { kind }),
    metadata: { name, namespace, resourceVersion },
    spec: {
      parentRefs,
      rules: rules.map(({ backendRefs = [], filters = [] }) => ({ backendRefs, filters })),
    },
  };
}
