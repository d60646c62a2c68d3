import jsonpatch, { type Operation } from "fast-json-patch";
import { hold, isHeld } from "../../rollout/hold.ts";
import { HELD } from "../../rollout/keys.ts";
import {
  type Condition,
  type Deployment,
  type Meta,
  type Pod,
  type ReplicaSet,
  type Route,
  routeKeyOf,
  type Service,
} from "../../rollout/objects.ts";
import { hashOf } from "../../rollout/template.ts";
import { type Kind, pluralOf, type Write } from "../../rollout/write.ts";
import { NOON } from "./builders.ts";
import { syncDeployment } from "./native.ts";
import { merge } from "./patch.ts";

interface Kinds {
  deployments: Deployment;
  replicasets: ReplicaSet;
  services: Service;
  httproutes: Route;
  grpcroutes: Route;
}

/** What was decided on has changed meanwhile. */
export class Conflict extends Error {}

/**
 * As much of Kubernetes as a rollout touches, in memory: stored objects with versions and generations, native control,
 * pods (ready a tick after they were made; an image with "never" or "crash" in its name is not), endpoints, and a
 * gateway that follows its routes at the next tick.
 */
export class Cluster {
  now = NOON;
  /** Called whenever something has changed. */
  check: () => void = () => {};
  /** Versions that native control began of its own, without a record of ours to copy. */
  readonly begunNatively = new Set<string>();
  /** How many pods the namespace may have. */
  quota = Number.POSITIVE_INFINITY;
  /** How long what the gateway has seen is not in force yet, in ms. */
  lagMs = 0;
  /** What the gateway says of every route. */
  answers: "True" | "False" = "True";
  readonly #objects = new Map<Kind, Map<string, Kinds[Kind]>>();
  readonly #written = new WeakMap<Route, number>();
  readonly #podsSince = new Map<string, number[]>();
  readonly #inForce = new Map<string, Route>();
  #version = 0;

  /** Another number after every change. */
  get version(): number {
    return this.#version;
  }

  /** The stored objects themselves: they are replaced, never changed. */
  list<K extends Kind>(kind: K): Kinds[K][] {
    return [...(this.#objects.get(kind)?.values() ?? [])] as Kinds[K][];
  }

  /** Of both kinds. */
  routes(): Route[] {
    return [...this.list("httproutes"), ...this.list("grpcroutes")];
  }

  get<K extends Kind>(kind: K, name: string): Kinds[K] {
    const object = this.find(kind, name);
    if (object === undefined) throw new Conflict(`${kind} ${name} not found`);
    return object;
  }

  find<K extends Kind>(kind: K, name: string): Kinds[K] | undefined {
    return this.#objects.get(kind)?.get(name) as Kinds[K] | undefined;
  }

  /** Stores an object; its generation counts changes of its spec, and what changes nothing is no write. */
  put<K extends Kind>(kind: K, object: Kinds[K]): void {
    const { name } = object.metadata;
    const before = this.find(kind, name);
    const { resourceVersion, generation = 0, uid = object.metadata.uid } = before?.metadata ?? {};
    const known = { uid: uid ?? `uid-${kind}-${name}`, resourceVersion, generation };
    const stored = share(before, { ...object, metadata: { ...object.metadata, ...known } }) as Kinds[K];
    if (stored === before) return;
    this.#version += 1;
    const grown = before?.spec === stored.spec ? 0 : 1;
    const version = { resourceVersion: String(this.#version), generation: generation + grown };
    stored.metadata = { ...stored.metadata, ...version };
    if (!this.#objects.has(kind)) this.#objects.set(kind, new Map());
    this.#objects.get(kind)?.set(name, stored);
    if (kind !== "httproutes" && kind !== "grpcroutes") return;
    const since = before?.spec === stored.spec && this.#written.get(before as Route);
    this.#written.set(stored as Route, since || this.now);
  }

  /** Somebody deletes an object; what it owned goes with it. */
  remove(kind: Kind, name: string): void {
    const gone = this.find(kind, name);
    if (gone === undefined) return;
    this.#version += 1;
    this.#objects.get(kind)?.delete(name);
    if (kind === "httproutes" || kind === "grpcroutes") this.#inForce.delete(routeKeyOf(gone as Route));
    if (kind === "replicasets") this.#podsSince.delete(name);
    for (const owned of ["replicasets", "services"] as const)
      for (const { metadata } of this.list(owned))
        if (metadata.ownerReferences?.[0]?.uid === gone.metadata.uid) this.remove(owned, metadata.name);
  }

  /** A node with so many of a version's pods is gone. */
  losePods(set: ReplicaSet, pods: number): void {
    const { name } = set.metadata;
    this.#podsSince.set(name, (this.#podsSince.get(name) ?? []).slice(pods));
    const left = this.#podsSince.get(name)?.length ?? 0;
    const { readyReplicas = 0, availableReplicas = 0 } = set.status ?? {};
    const status = {
      ...set.status,
      replicas: left,
      readyReplicas: Math.min(readyReplicas, left),
      availableReplicas: Math.min(availableReplicas, left),
    };
    this.put("replicasets", { ...set, status });
  }

  /** Does a write as the API server would; throws Conflict where that would refuse. */
  perform(write: Write): void {
    if (write.verb === "event") return;
    const { kind, name } = write;
    if (write.verb === "create") {
      if (this.find(kind, name) !== undefined) throw new Conflict(`${name} exists`);
      this.put(kind, write.body);
      return;
    }
    const stored = this.get(kind, name);
    if (write.verb === "delete") {
      const { uid, resourceVersion } = stored.metadata;
      if (uid !== write.uid || resourceVersion !== write.resourceVersion)
        throw new Conflict(`another ${name}`);
      this.remove(kind, name);
      return;
    }
    const next =
      write.verb === "json"
        ? patched(stored, write.body)
        : write.verb === "strategic"
          ? withConditions(stored, write.body)
          : merge(stored, write.body);
    const { metadata } = next as Deployment;
    if (metadata.uid !== stored.metadata.uid || metadata.resourceVersion !== stored.metadata.resourceVersion)
      throw new Conflict(`${name} has changed`);
    this.put(kind, next as Kinds[typeof kind]);
  }

  /** Lets everything but Serin act once, then time pass. */
  tick(ms = 5_000): void {
    for (const deployment of this.list("deployments")) this.#control(deployment);
    // Pods are quicker than gateways: what still gets traffic must still be there.
    this.check();
    if (this.lagMs === 0) this.follow();
    this.now += ms;
    if (this.lagMs > 0) this.follow();
  }

  /** The gateway sees the routes as they are now. */
  follow(): void {
    for (const route of this.routes()) {
      const { generation = 0 } = route.metadata;
      const condition = (type: string, status: "True" | "False" = "True") =>
        ({ type, status, observedGeneration: generation }) as const;
      const conditions = [condition("Accepted"), condition("ResolvedRefs", this.answers)];
      const controllerName = route.status?.parents?.[0]?.controllerName ?? "traefik.io/gateway-controller";
      this.put(pluralOf(route), { ...route, status: { parents: [{ controllerName, conditions }] } });
      if (this.now - (this.#written.get(route) ?? 0) >= this.lagMs)
        this.#inForce.set(routeKeyOf(route), route);
    }
  }

  /** The routes by which requests go at this moment. */
  inForce(): Route[] {
    return [...this.#inForce.values()];
  }

  /** A Service's ready endpoints: hash of their version → how many. */
  endpoints(service: Service): Map<string, number> {
    const selected = this.list("replicasets").filter((set) =>
      Object.entries(service.spec.selector ?? {}).every(
        ([key, value]) => set.spec.template.metadata?.labels?.[key] === value,
      ),
    );
    return new Map(selected.map((set) => [hashOf(set), set.status?.readyReplicas ?? 0]));
  }

  pods(set: ReplicaSet): Pod[] {
    const ready = set.status?.readyReplicas ?? 0;
    const crashing = imageOf(set).includes("crash");
    return (this.#podsSince.get(set.metadata.name) ?? []).map((since, i) => ({
      metadata: { name: `${set.metadata.name}-${i}`, creationTimestamp: new Date(since).toISOString() },
      status: {
        conditions: [{ type: "Ready", status: i < ready ? "True" : "False" }],
        containerStatuses: [
          { name: "main", state: crashing ? { waiting: { reason: "CrashLoopBackOff" } } : {} },
        ],
      },
    }));
  }

  #control(deployment: Deployment): void {
    const { uid } = deployment.metadata;
    const found = this.list("replicasets").filter(
      ({ metadata }) => metadata.ownerReferences?.[0]?.uid === uid,
    );
    const own = found.map((set) => ({ ...set, metadata: { ...set.metadata }, spec: { ...set.spec } }));
    syncDeployment(deployment, own);
    if (deployment.metadata.annotations?.[HELD] === undefined)
      for (const { metadata } of own.slice(found.length)) this.begunNatively.add(metadata.name);
    for (const set of own) this.put("replicasets", { ...set, status: this.#statusOf(set) });
    const sets = own.map((set) => this.get("replicasets", set.metadata.name));
    const total = (of: (set: ReplicaSet) => number | undefined) =>
      sets.reduce((n, set) => n + (of(set) ?? 0), 0);
    const current = sets.filter((set) => imageOf(set) === imageOf(deployment));
    const status = {
      ...deployment.status,
      observedGeneration: deployment.metadata.generation ?? 0,
      replicas: total(({ status }) => status?.replicas),
      updatedReplicas: current.reduce((n, { status }) => n + (status?.replicas ?? 0), 0),
      availableReplicas: total(({ status }) => status?.availableReplicas),
    };
    this.put("deployments", { ...deployment, status });
  }

  #statusOf(set: ReplicaSet): NonNullable<ReplicaSet["status"]> {
    const { name } = set.metadata;
    const replicas = set.spec.replicas ?? 0;
    const since = (this.#podsSince.get(name) ?? []).slice(0, replicas);
    const image = imageOf(set);
    const readyAt = this.now - (image.includes("slow") ? 20_000 : 0);
    const ready = /never|crash/.test(image) ? 0 : since.filter((at) => at <= readyAt).length;
    const others = [...this.#podsSince].reduce(
      (n, [other, { length }]) => n + (other === name ? 0 : length),
      0,
    );
    const room = Math.max(0, Math.min(replicas, this.quota - others) - since.length);
    const created = Array.from({ length: room }, () => this.now);
    this.#podsSince.set(name, [...since, ...created]);
    const pods = since.length + room;
    const held = set.spec.minReadySeconds === hold(EMPTY, 0).minReadySeconds;
    const failure = set.status?.conditions ?? [
      {
        type: "ReplicaFailure",
        status: "True",
        message: "exceeded quota",
        lastTransitionTime: new Date(this.now).toISOString(),
      },
    ];
    const conditions = pods < replicas ? { conditions: failure } : {};
    return { replicas: pods, readyReplicas: ready, availableReplicas: held ? 0 : ready, ...conditions };
  }
}

const EMPTY = { selector: {}, template: {} };

/** The image by which a version is known in these tests. */
export function imageOf({ spec: { template } }: Deployment | ReplicaSet): string {
  return (template.spec?.containers as { image: string }[] | undefined)?.[0]?.image ?? "";
}

/** A copy without what is undefined; what says the same as before is the very same. */
function share(before: unknown, next: unknown): unknown {
  if (before === next || typeof next !== "object" || next === null) return next;
  const old = typeof before === "object" && before !== null ? (before as Record<string, unknown>) : {};
  if (Array.isArray(next)) {
    const copy = next.map((value, i) => share(old[i], value));
    const same = Array.isArray(before) && before.length === copy.length;
    return same && copy.every((value, i) => value === before[i]) ? before : copy;
  }
  const copy: Record<string, unknown> = {};
  let same = before === old && !Array.isArray(before);
  let kept = 0;
  for (const [key, value] of Object.entries(next)) {
    if (value === undefined) continue;
    copy[key] = share(old[key], value);
    kept += 1;
    same &&= copy[key] === old[key];
  }
  return same && kept === Object.keys(old).length ? before : copy;
}

function patched(object: unknown, body: readonly unknown[]): unknown {
  try {
    return jsonpatch.applyPatch(structuredClone(object), structuredClone(body) as Operation[], true)
      .newDocument;
  } catch (cause) {
    throw new Conflict("the patch does not apply", { cause });
  }
}

/** Strategic merge: conditions are merged by their type. */
function withConditions(object: Kinds[Kind], body: object): unknown {
  const deployment = object as Deployment;
  const { metadata, status } = body as { metadata: Meta; status: { conditions: Condition[] } };
  if (metadata.uid !== deployment.metadata.uid) throw new Conflict(`another ${deployment.metadata.name}`);
  const given = status.conditions;
  const kept = (deployment.status?.conditions ?? []).filter(({ type }) =>
    given.every((condition) => condition.type !== type),
  );
  return {
    ...deployment,
    metadata: { ...deployment.metadata, ...metadata },
    status: { ...deployment.status, conditions: [...kept, ...given] },
  };
}

/** Whether nothing of the hold is left on a Deployment. */
export function isAtRest(deployment: Deployment): boolean {
  return (
    !isHeld(deployment.spec) &&
    !Object.keys(deployment.metadata.annotations ?? {}).some((key) => key === "serin.dev/held")
  );
}
