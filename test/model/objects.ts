import type { Operation } from "fast-json-patch";
import jsonpatch from "fast-json-patch";
import type { Condition, Meta } from "../../kube/core/meta.ts";
import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import type { Plural, Write } from "../../kube/core/writes.ts";
import { merge } from "../support/patch.ts";
import { share } from "../support/share.ts";

/** The type of each plural's objects. */
export interface Kinds {
  deployments: Deployment;
  replicasets: ReplicaSet;
  services: Service;
  httproutes: Route;
  grpcroutes: Route;
}

/** The object has changed since the decision. */
export class Conflict extends Error {}
/** The controller was killed. */
export class Killed extends Error {}

/** The API server refuses the write, and will refuse it again. */
export class Refused extends Conflict {}

/** An API server of one namespace in memory: objects with versions and generations, and writes that it may refuse. */
export class Objects {
  readonly #objects = new Map<Plural, Map<string, Kinds[Plural]>>();
  #version = 0;
  /** What other admissions make of a Deployment that a user or Serin changes; throws Refused. */
  admits: (next: Deployment, before: Deployment, by: "user" | "serin") => Deployment = (next) => next;

  /** A number that grows with every change. */
  get version(): number {
    return this.#version;
  }

  /** The stored objects themselves: they are replaced, never changed. */
  list<K extends Plural>(kind: K): Kinds[K][] {
    return [...(this.#objects.get(kind)?.values() ?? [])] as Kinds[K][];
  }

  get<K extends Plural>(kind: K, name: string): Kinds[K] {
    const object = this.find(kind, name);
    if (object === undefined) throw new Conflict(`${kind} ${name} not found`);
    return object;
  }

  find<K extends Plural>(kind: K, name: string): Kinds[K] | undefined {
    return this.#objects.get(kind)?.get(name) as Kinds[K] | undefined;
  }

  /** Stores an object. Its generation counts changes of its spec; an object without a change is not written. */
  put<K extends Plural>(kind: K, object: Kinds[K]): void {
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
  }

  /** Deletes an object and the objects that it owns. */
  remove(kind: Plural, name: string): void {
    const gone = this.find(kind, name);
    if (gone === undefined) return;
    this.#version += 1;
    this.#objects.get(kind)?.delete(name);
    for (const owned of ["replicasets", "services"] as const)
      for (const { metadata } of this.list(owned))
        if (metadata.ownerReferences?.[0]?.uid === gone.metadata.uid) this.remove(owned, metadata.name);
  }

  /** Deletes an object alone (`--cascade=orphan`): what it owns stays without an owner. */
  orphan(kind: Plural, name: string): void {
    const gone = this.find(kind, name);
    for (const owned of ["replicasets", "services"] as const)
      for (const object of this.list(owned))
        if (object.metadata.ownerReferences?.[0]?.uid === gone?.metadata.uid)
          this.put(owned, { ...object, metadata: { ...object.metadata, ownerReferences: [] } });
    this.remove(kind, name);
  }

  /** Performs a write as the API server would; throws Conflict where the API server would refuse. */
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
      if (uid !== (write.uid ?? uid) || resourceVersion !== (write.resourceVersion ?? resourceVersion))
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
    const isPart = "subresource" in write && write.subresource !== undefined;
    if (kind !== "deployments" || isPart) this.put(kind, next as Kinds[typeof kind]);
    else this.put(kind, this.admits(next as Deployment, stored as Deployment, "serin"));
  }

  /** Stores what a user writes; returns why not, if another admission refuses it. */
  store(next: Deployment, before: Deployment): string | undefined {
    try {
      this.put("deployments", this.admits(next, before, "user"));
      return undefined;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return error.message;
    }
  }
}

function patched(object: unknown, body: readonly unknown[]): unknown {
  try {
    return jsonpatch.applyPatch(structuredClone(object), structuredClone(body) as Operation[], true)
      .newDocument;
  } catch (cause) {
    throw new Conflict("the patch does not apply", { cause });
  }
}

/** Applies a strategic merge patch, which merges conditions by their type. */
function withConditions(object: Kinds[Plural], body: object): unknown {
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
