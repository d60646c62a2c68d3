import type { Operation } from "fast-json-patch";
import jsonpatch from "fast-json-patch";
import type { Preconditions } from "../../kube/client/api.ts";
import type { KubeObject } from "../../kube/core/meta.ts";

/** A change in the store. Watches are served from these. */
export interface Change {
  readonly version: number;
  readonly collection: string;
  readonly before: KubeObject | undefined;
  readonly now: KubeObject | undefined;
}

/** A refusal as the API server words it. */
export class Refusal extends Error {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/** Objects with resource versions and a history, by collection (such as "apps/v1/deployments"). */
export class Store {
  readonly changes: Change[] = [];
  /** What each deletion asked for the objects that its object owns. */
  readonly propagation: string[] = [];
  /** Called with every change. */
  onChange: (change: Change) => void = () => {};
  version = 100;
  /** Watches from a version before this one get 410. */
  compacted = 0;
  readonly #collections = new Map<string, Map<string, KubeObject>>();

  list(collection: string): KubeObject[] {
    return [...this.#of(collection).values()];
  }

  get(collection: string, key: string): KubeObject {
    const object = this.#of(collection).get(key);
    if (!object) throw new Refusal(404, "NotFound", `${collection} "${key}" not found`);
    return object;
  }

  create(collection: string, object: KubeObject): KubeObject {
    const { metadata } = object;
    const name = metadata.name ?? `${metadata.generateName}${(this.version + 1).toString(36)}`;
    const key = `${metadata.namespace ?? ""}/${name}`;
    if (this.#of(collection).has(key))
      throw new Refusal(409, "AlreadyExists", `${collection} "${key}" already exists`);
    const uid = metadata.uid ?? `uid-${this.version + 1}`;
    return this.#write(collection, key, { ...object, metadata: { ...metadata, name, uid } });
  }

  put(collection: string, object: KubeObject): KubeObject {
    const key = `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
    if (this.#of(collection).has(key)) this.delete(collection, key);
    return this.create(collection, object);
  }

  patch(collection: string, key: string, contentType: string, patch: unknown): KubeObject {
    const before = this.get(collection, key);
    const now = contentType.includes("json-patch+json")
      ? applyJsonPatch(before, patch as Operation[])
      : (merge(before, patch) as KubeObject);
    if (now.metadata.resourceVersion !== before.metadata.resourceVersion) {
      throw new Refusal(
        409,
        "Conflict",
        "the object has been modified; please apply your changes to the latest version",
      );
    }
    return this.#write(collection, key, now);
  }

  delete(collection: string, key: string, only: Preconditions = {}, propagation = ""): KubeObject {
    this.propagation.push(propagation);
    const before = this.get(collection, key);
    for (const [field, wanted] of Object.entries(only)) {
      if (wanted !== before.metadata[field])
        throw new Refusal(409, "Conflict", `Precondition failed: ${field} in precondition`);
    }
    this.version++;
    this.#of(collection).delete(key);
    const last = { ...before, metadata: { ...before.metadata, resourceVersion: String(this.version) } };
    this.#record({ version: this.version, collection, before: last, now: undefined });
    return last;
  }

  #write(collection: string, key: string, object: KubeObject): KubeObject {
    const before = this.#of(collection).get(key);
    this.version++;
    const now = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
    this.#of(collection).set(key, now);
    this.#record({ version: this.version, collection, before, now });
    return now;
  }

  #record(change: Change): void {
    this.changes.push(change);
    this.onChange(change);
  }

  #of(collection: string): Map<string, KubeObject> {
    const objects = this.#collections.get(collection) ?? new Map<string, KubeObject>();
    this.#collections.set(collection, objects);
    return objects;
  }
}

function applyJsonPatch(object: KubeObject, patch: Operation[]): KubeObject {
  try {
    return jsonpatch.applyPatch(object, patch, true, false).newDocument;
  } catch {
    throw new Refusal(422, "Invalid", "the server rejected our request due to an error in our request");
  }
}

function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = typeof target === "object" && target !== null ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merge(result[name], value);
  }
  return result;
}
