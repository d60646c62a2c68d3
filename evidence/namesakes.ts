import type { Clock } from "../kube/core/clock.ts";
import { type LeanRoute, routeKeyOf } from "../kube/core/routes.ts";
import type { RouteIndex } from "../kube/runtime/route-index.ts";
import type { Pack } from "../rollout/gateways/metrics/pack.ts";
import { type Claim, claimsOn, mayClaim, serviceOf } from "../rollout/gateways/namesakes.ts";
import type { JudgeInput } from "../rollout/judge/evidence.ts";

/** The routes of the cluster. */
interface NamesakesOptions {
  readonly routes: Pick<RouteIndex, "list" | "listen" | "incomplete">;
  readonly clock: Clock;
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
 * Serin remembers each change of a route while a rollout is judged by a gateway that joins names.
 */
export class Namesakes {
  readonly #options: NamesakesOptions;
  /** UID → id of a key → the rollout's own Services. */
  readonly #own = new Map<string, ReadonlyMap<string, ReadonlySet<string>>>();
  /** Id of a key → the namesakes that are gone, by Service. It holds keys of followed rollouts only. */
  readonly #gone = new Map<string, Map<string, Namesake>>();
  readonly #packs = new Set<Pack>();
  /** What finds the claims on all followed keys, until these change: a route changes far more often than a rollout begins. */
  readonly #claims = new Map<Pack, (route: LeanRoute) => readonly Claim[]>();

  constructor(options: NamesakesOptions) {
    this.#options = options;
    options.routes.listen((_now, before) => this.#remember(before));
  }

  /** Looks for namesakes of this rollout from now on. */
  follow({ uid, sources }: Pick<JudgeInput, "uid" | "sources">): void {
    const own = new Map<string, Set<string>>();
    for (const { pack, canary, stable } of sources) {
      for (const backend of pack.joined === undefined ? [] : [...canary, ...stable]) {
        for (const key of pack.keysFor(backend)) {
          own.set(idOf(pack, key), (own.get(idOf(pack, key)) ?? new Set()).add(serviceOf(backend)));
        }
      }
    }
    if (own.size === 0) {
      this.forget(uid);
      return;
    }
    if (!sameKeys(this.#own.get(uid), own)) this.#claims.clear();
    this.#own.set(uid, own);
    for (const { pack } of sources) this.#packs.add(pack);
  }

  /** Forgets a rollout, and all changes of routes with the last one. */
  forget(uid: string): void {
    if (this.#own.delete(uid)) this.#claims.clear();
    if (this.#own.size > 0) return;
    this.#gone.clear();
    this.#packs.clear();
  }

  /** The doubts about series of these metrics, for the present routes. */
  doubts(pack: Pack): FindDoubt {
    const present = this.#present(pack);
    const incomplete = [...this.#options.routes.incomplete()];
    return (uid, key) => {
      const own = this.#own.get(uid)?.get(idOf(pack, key));
      if (own === undefined) return undefined;
      const now = this.#options.clock.now();
      const unknown = incomplete.find((namespace) => mayClaim(pack, key, namespace));
      if (unknown !== undefined) return { reason: reasonOfUnknown(pack, unknown), until: now + LINGER_MS };
      const known = [...(present.get(key) ?? []), ...(this.#gone.get(idOf(pack, key))?.values() ?? [])];
      const others = known.filter(({ service }) => !own.has(service)).toSorted((a, b) => b.seen - a.seen);
      const [last] = others;
      return last && { reason: reasonOf(pack, last, own), until: last.seen + LINGER_MS };
    };
  }

  /** Key → the namesakes among the present routes. */
  #present(pack: Pack): ReadonlyMap<string, readonly Namesake[]> {
    const seen = this.#options.clock.now();
    const claims = this.#claimsOn(pack);
    const found = new Map<string, Namesake[]>();
    for (const route of this.#options.routes.list()) {
      for (const { key, service } of claims(route))
        found.set(key, [...(found.get(key) ?? []), { route: routeKeyOf(route), service, seen }]);
    }
    return found;
  }

  #claimsOn(pack: Pack): (route: LeanRoute) => readonly Claim[] {
    const known = this.#claims.get(pack) ?? claimsOn(pack, this.#keysOf(pack));
    this.#claims.set(pack, known);
    return known;
  }

  #keysOf(pack: Pack): ReadonlySet<string> {
    const prefix = idOf(pack, "");
    const ids = [...this.#own.values()].flatMap((own) => [...own.keys()]);
    return new Set(ids.filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length)));
  }

  /** A route that changes or goes may have left series behind. */
  #remember(before: LeanRoute | undefined): void {
    if (before === undefined) return;
    const seen = this.#options.clock.now();
    for (const pack of this.#packs) {
      for (const { key, service } of this.#claimsOn(pack)(before)) {
        const gone = this.#gone.get(idOf(pack, key)) ?? new Map<string, Namesake>();
        this.#gone.set(idOf(pack, key), gone.set(service, { route: routeKeyOf(before), service, seen }));
      }
    }
  }
}

/** The claims on a rollout's keys depend on the keys alone. */
function sameKeys(
  known: ReadonlyMap<string, unknown> | undefined,
  now: ReadonlyMap<string, unknown>,
): boolean {
  return known !== undefined && known.size === now.size && [...now.keys()].every((key) => known.has(key));
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

function reasonOfUnknown({ name }: Pack, namespace: string): string {
  return (
    `Serin has no room for all routes of namespace ${namespace}, and ${name} may give their series the names of this rollout's: ` +
    "delete routes there, annotate serin.dev/metrics: application, or promote the canary yourself"
  );
}
