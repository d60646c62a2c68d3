import { conditionOf } from "../../kube/core/meta.ts";
import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, Pod, ReplicaSet } from "../../kube/core/workloads.ts";
import { shareOf } from "../../rollout/traffic/route-record.ts";
import { type HoldRecord, holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { lastRunOf, type RunRecord, runRecordOf } from "../../rollout/workload/run-record.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { noteSentences, sentencesIn } from "./sentences.ts";

/** The current objects of a story. */
export interface Stock {
  readonly deployments: ReadonlyMap<string, Deployment>;
  readonly replicasets: ReadonlyMap<string, ReplicaSet>;
  readonly pods: ReadonlyMap<string, Pod>;
  readonly services: ReadonlyMap<string, Service>;
  readonly httproutes: ReadonlyMap<string, Route>;
  readonly grpcroutes: ReadonlyMap<string, Route>;
}
type Kind = keyof Stock;

/** An object of a kind without the fields that manifestOf leaves out. */
type Manifest<K extends Kind> = Stock[K] extends ReadonlyMap<string, infer T> ? T : never;

/** One change that a watch reported, at the time (ms) it arrived. */
export interface Change {
  readonly at: number;
  readonly kind: Kind;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: Deployment & ReplicaSet & Pod & Service & Route;
}

const PATHS: Record<Kind, string> = {
  deployments: "/apis/apps/v1",
  replicasets: "/apis/apps/v1",
  pods: "/api/v1",
  services: "/api/v1",
  httproutes: "/apis/gateway.networking.k8s.io/v1",
  grpcroutes: "/apis/gateway.networking.k8s.io/v1",
};

interface List {
  readonly metadata: { readonly resourceVersion?: string };
  readonly items: readonly Change["object"][];
}

/** All changes to the objects of one namespace, from the first to the last. */
export class Ledger {
  readonly namespace: string;
  readonly changes: Change[] = [];
  readonly #stock: Record<Kind, Map<string, never>>;
  /** The newest version that the watch of each kind has reported. */
  readonly #reported: Partial<Record<Kind, number>> = {};
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #api: Cluster["api"];

  constructor(namespace: string, { api }: Cluster) {
    this.namespace = namespace;
    this.#api = api;
    const kinds = Object.keys(PATHS) as Kind[];
    this.#stock = Object.fromEntries(kinds.map((kind) => [kind, new Map()])) as Record<
      Kind,
      Map<string, never>
    >;
    for (const kind of kinds) {
      void api.follow(this.#pathOf(kind), (change) => this.#note(kind, change as never), this.#stop.signal);
    }
  }

  #pathOf(kind: Kind): string {
    return `${PATHS[kind]}/namespaces/${this.namespace}/${kind}`;
  }

  get stock(): Stock {
    return this.#stock as unknown as Stock;
  }

  /**
   * Reads an object from the API server and returns its manifest. A comparison of before and after needs this: what the
   * watch reported may be older than the last command.
   */
  async manifest<K extends Kind>(kind: K, name = "web"): Promise<Manifest<K>> {
    return manifestOf(await this.#api.demand("GET", `${this.#pathOf(kind)}/${name}`)) as Manifest<K>;
  }

  /** Reads the names of the objects of a kind from the API server, sorted. */
  async names(kind: Kind): Promise<string[]> {
    const { items } = await this.#api.demand<{ items: Change["object"][] }>("GET", this.#pathOf(kind));
    return items.map(({ metadata }) => metadata.name).toSorted();
  }

  /**
   * Waits until the watch of every kind has reported what the API server has now. Each may be late on a busy machine, so
   * without this a test sees objects as they were before its own command, or two kinds as they never were together.
   */
  async catchUp(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const each = (Object.keys(PATHS) as Kind[]).map(async (kind) => {
      const { status, body } = await this.#api.request<List>("GET", this.#pathOf(kind));
      // A cluster may not have the kind in this version.
      if (status !== 200) return;
      const listed = new Set(body.items.map(({ metadata }) => metadata.uid));
      const newest = Math.max(0, ...body.items.map(versionOf));
      const isGone = (object: Change["object"]) =>
        !listed.has(object.metadata.uid) && versionOf(object) <= versionOf(body);
      await this.until(
        `the ${kind} reported`,
        () => (this.#reported[kind] ?? 0) >= newest && ![...this.#stock[kind].values()].some(isGone),
      );
    });
    await Promise.all(each);
  }

  deployment(name = "web"): Deployment {
    const found = this.stock.deployments.get(name);
    if (found === undefined) throw new Error(`no Deployment ${name} in ${this.namespace}`);
    return found;
  }

  /** The Deployment's record of the rollout in flight. */
  held(name = "web"): HoldRecord | undefined {
    return holdRecordOf(this.deployment(name));
  }

  /** The weight that the route gives to the Deployment's canary, in percent; undefined if the route does not name it. */
  weight(name = "web", route = name): number | undefined {
    const found = this.stock.httproutes.get(route) ?? this.stock.grpcroutes.get(route);
    return found && shareOf(found, this.deployment(name).metadata.uid ?? "")?.weight;
  }

  /** The last record on any ReplicaSet of the Deployment whose image has that tag. */
  record(tag: string, name = "web"): RunRecord | undefined {
    const set = this.replicaSet(tag, name);
    return set && lastRunOf(set);
  }

  /** The record of the Deployment's rollout in flight; undefined until Serin has begun it. */
  running(name = "web"): RunRecord | undefined {
    const { started = "" } = this.held(name) ?? {};
    const own = [...this.stock.replicasets.values()].filter(
      ({ metadata }) => metadata.ownerReferences?.[0]?.name === name,
    );
    return own.flatMap((set) => runRecordOf(set, started) ?? [])[0];
  }

  /** The ReplicaSet of the Deployment that runs that tag. */
  replicaSet(tag: string, name = "web"): ReplicaSet | undefined {
    return [...this.stock.replicasets.values()].find(
      (set) => set.metadata.ownerReferences?.[0]?.name === name && imageOf(set).endsWith(`:${tag}`),
    );
  }

  /** The pods of that tag that are not being deleted. */
  pods(tag: string, name = "web"): Pod[] {
    const uid = this.replicaSet(tag, name)?.metadata.uid;
    return [...this.stock.pods.values()].filter(
      (pod) => pod.metadata.ownerReferences?.[0]?.uid === uid && pod.metadata.deletionTimestamp === undefined,
    );
  }

  /** The condition `Canary` or another of the Deployment. */
  condition(type = "Canary", name = "web") {
    return conditionOf(this.deployment(name).status?.conditions, type);
  }

  /** Waits until a condition holds, and tests it at every change. Returns when (ms) it held. */
  async until(what: string, holds: () => boolean | undefined, timeoutMs = 60_000): Promise<number> {
    if (holds()) return Date.now();
    const done = Promise.withResolvers<number>();
    const look = () => holds() && done.resolve(Date.now());
    this.#listeners.add(look);
    const deadline = setTimeout(() => {
      const { status, reason, message } = this.stock.deployments.has("web") ? (this.condition() ?? {}) : {};
      done.reject(
        new Error(`${what}: not within ${timeoutMs} ms; Canary is ${status} ${reason}: ${message}`),
      );
    }, timeoutMs);
    try {
      return await done.promise;
    } finally {
      clearTimeout(deadline);
      this.#listeners.delete(look);
    }
  }

  /** Waits until the Deployment's rollout is over and no object is in flight. */
  async atRest(name = "web", timeoutMs = 90_000): Promise<number> {
    await this.catchUp();
    const isAtRest = () => !("serin.dev/held" in (this.deployment(name).metadata.annotations ?? {}));
    const at = await this.until(`${name} at rest`, isAtRest, timeoutMs);
    await this.catchUp();
    return at;
  }

  /**
   * Waits until the canary has that share of the traffic, in force at the gateway. It must be of the rollout in flight: the
   * one before may have had the same share, and its words last until the new one says something. A version that waits has
   * none yet.
   */
  async weighs(weight: number, name = "web"): Promise<number> {
    const hasBegun = () => this.held(name)?.latched !== true && this.running(name) !== undefined;
    await this.until(`${name} at ${weight}%`, () => hasBegun() && this.weight(name) === weight);
    const message = `canary has ${weight}% of the traffic`;
    return this.until(`${name} at ${weight}% in force`, () =>
      this.condition("Canary", name)?.message?.startsWith(message),
    );
  }

  /** The changes of one kind, in the order in which they arrived. */
  changesOf(kind: Kind, from = 0): Change[] {
    return this.changes.filter((change) => change.kind === kind && change.at >= from);
  }

  /** The most pods at any time since that existed and were not being deleted. */
  peakPods(from: number, name = "web"): number {
    const present = new Set<string>();
    let peak = 0;
    for (const { type, object, at } of this.changesOf("pods")) {
      if (!object.metadata.name.startsWith(`${name}-`)) continue;
      if (type === "DELETED" || object.metadata.deletionTimestamp) present.delete(object.metadata.name);
      else present.add(object.metadata.name);
      if (at >= from) peak = Math.max(peak, present.size);
    }
    return peak;
  }

  /** The revision of the Deployment's current version, as in `kubectl rollout history`. */
  revision(name = "web"): string {
    return this.deployment(name).metadata.annotations?.["deployment.kubernetes.io/revision"] ?? "";
  }

  /** Stops the watches. */
  end(): void {
    this.#stop.abort();
  }

  #note(kind: Kind, change: Omit<Change, "at" | "kind">): void {
    const { name } = change.object.metadata;
    if (change.type === "DELETED") this.#stock[kind].delete(name);
    else this.#stock[kind].set(name, change.object as never);
    this.#reported[kind] = Math.max(this.#reported[kind] ?? 0, versionOf(change.object));
    if (kind === "deployments") noteSentences(sentencesIn(change.object));
    this.changes.push({ at: Date.now(), kind, ...change });
    for (const look of [...this.#listeners]) look();
  }
}

/** The fields that must be as their owner wrote them at rest: all except those of the API server and native control. */
export function manifestOf(object: { metadata: object; [key: string]: unknown }): object {
  const { status: _status, metadata, ...rest } = object;
  const {
    managedFields: _m,
    generation: _g,
    resourceVersion: _r,
    annotations,
    ...meta
  } = metadata as Record<string, unknown>;
  const { "deployment.kubernetes.io/revision": _revision, ...own } = (annotations ?? {}) as Record<
    string,
    string
  >;
  return { ...rest, metadata: { ...meta, ...(annotations === undefined ? {} : { annotations: own }) } };
}

/** The version of an object or a list. It grows with every write to etcd. */
function versionOf({ metadata }: { readonly metadata: { readonly resourceVersion?: string } }): number {
  return Number(metadata.resourceVersion ?? 0);
}

function imageOf(set: ReplicaSet): string {
  const containers = (set.spec.template.spec?.containers ?? []) as { image: string }[];
  return containers[0]?.image ?? "";
}
