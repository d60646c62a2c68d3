import jsonpatch, { type Operation } from "fast-json-patch";
import { equal } from "../../rollout/equal.ts";
import { hold, isHeld } from "../../rollout/hold.ts";
import { HELD } from "../../rollout/keys.ts";
import {
  type Condition,
  type Deployment,
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
  readonly #objects = new Map<string, Kinds[Kind]>();
  readonly #podsSince = new Map<string, number[]>();
  readonly #inForce = new Map<string, Route>();
  #version = 0;

  /** The stored objects themselves: they are replaced, never changed. */
  list<K extends Kind>(kind: K): Kinds[K][] {
    const found = [...this.#objects].filter(([key]) => key.startsWith(`${kind}/`));
    return found.map(([, object]) => object as Kinds[K]);
  }

  /** Of both kinds. */
  routes(): Route[] {
    return [...this.list("httproutes"), ...this.list("grpcroutes")];
  }

  get<K extends Kind>(kind: K, name: string): Kinds[K] {
    const object = this.list(kind).find(({ metadata }) => metadata.name === name);
    if (object === undefined) throw new Conflict(`${kind} ${name} not found`);
    return object;
  }

  /** Stores an object; its generation counts changes of its spec. */
  put<K extends Kind>(kind: K, object: Kinds[K]): void {
    const key = `${kind}/${object.metadata.namespace}/${object.metadata.name}`;
    const before = this.#objects.get(key);
    const clean = JSON.parse(JSON.stringify(object)) as Kinds[K];
    const grown = before === undefined || !equal(before.spec, clean.spec);
    clean.metadata.resourceVersion = String(++this.#version);
    clean.metadata.generation = (before?.metadata.generation ?? 0) + (grown ? 1 : 0);
    clean.metadata.uid = before?.metadata.uid ?? clean.metadata.uid ?? `uid-${key}`;
    this.#objects.set(key, clean);
  }

  /** Does a write as the API server would; throws Conflict where that would refuse. */
  perform(write: Write): void {
    if (write.verb === "event") return;
    const { kind, name } = write;
    if (write.verb === "create") {
      if (this.list(kind).some(({ metadata }) => metadata.name === name))
        throw new Conflict(`${name} exists`);
      this.put(kind, write.body);
      return;
    }
    const stored = this.get(kind, name);
    if (write.verb === "delete") {
      if (stored.metadata.uid !== write.uid) throw new Conflict(`another ${name}`);
      this.#objects.delete(`${kind}/${write.namespace}/${name}`);
      return;
    }
    const next =
      write.verb === "json"
        ? patched(stored, write.body)
        : write.verb === "strategic"
          ? withConditions(stored, write.body)
          : merge(stored, write.body);
    const { metadata } = next as Deployment;
    if (metadata.resourceVersion !== stored.metadata.resourceVersion)
      throw new Conflict(`${name} has changed`);
    this.put(kind, next as Kinds[typeof kind]);
  }

  /** Lets everything but Serin act once, then time pass. */
  tick(ms = 5_000): void {
    for (const deployment of this.list("deployments")) this.#control(deployment);
    // Pods are quicker than gateways: what still gets traffic must still be there.
    this.check();
    this.follow();
    this.now += ms;
  }

  /** The gateway sees the routes as they are now. */
  follow(): void {
    for (const route of this.routes()) {
      const { generation = 0 } = route.metadata;
      const condition = (type: string) => ({ type, status: "True", observedGeneration: generation }) as const;
      const conditions = [condition("Accepted"), condition("ResolvedRefs")];
      const controllerName = route.status?.parents?.[0]?.controllerName ?? "traefik.io/gateway-controller";
      this.put(pluralOf(route), { ...route, status: { parents: [{ controllerName, conditions }] } });
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
    const own = structuredClone(found);
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
    const replicas = set.spec.replicas ?? 0;
    const since = (this.#podsSince.get(set.metadata.name) ?? []).slice(0, replicas);
    const ready = /never|crash/.test(imageOf(set)) ? 0 : since.length;
    this.#podsSince.set(set.metadata.name, [
      ...since,
      ...Array.from({ length: replicas - since.length }, () => this.now),
    ]);
    const held = set.spec.minReadySeconds === hold(EMPTY, 0).minReadySeconds;
    return { replicas, readyReplicas: ready, availableReplicas: held ? 0 : ready };
  }
}

const EMPTY = { selector: {}, template: {} };

/** The image by which a version is known in these tests. */
export function imageOf({ spec: { template } }: Deployment | ReplicaSet): string {
  return (template.spec?.containers as { image: string }[] | undefined)?.[0]?.image ?? "";
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
  const given = (body as { status: { conditions: Condition[] } }).status.conditions;
  const kept = (deployment.status?.conditions ?? []).filter(({ type }) =>
    given.every((condition) => condition.type !== type),
  );
  return { ...deployment, status: { ...deployment.status, conditions: [...kept, ...given] } };
}

/** Whether nothing of the hold is left on a Deployment. */
export function isAtRest(deployment: Deployment): boolean {
  return (
    !isHeld(deployment.spec) &&
    !Object.keys(deployment.metadata.annotations ?? {}).some((key) => key === "serin.dev/held")
  );
}
