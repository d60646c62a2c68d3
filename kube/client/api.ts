import type { KubeObject } from "../core/meta.ts";
import type { Resource } from "../core/resources.ts";
import type { JsonPatch } from "../core/writes.ts";

/** Which objects of a resource: of one namespace or of all, one by name or all. */
export interface Where {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  /** For a write: under which name it is recorded, if not under the connection's. */
  readonly fieldManager?: string | undefined;
}

/** Which of the objects; selectors as kubectl writes them. */
export interface Query {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** Which object of a name is meant, and in which version; absent: whichever there is. */
export interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** What a watch reports. An ERROR event is not among them: it is thrown as an ApiError. */
export interface WatchEvent<T extends KubeObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: T;
}

/**
 * The Kubernetes API in raw JSON: nothing is dropped, nothing converted. Every method throws ApiError for an answer
 * other than 2xx and ConnectionError for no answer within the time limit. No request is repeated, but for a GET whose
 * connection broke and for a request that met a 401: once each.
 */
export interface Kube {
  /** Reads one object. */
  get<T extends KubeObject>(resource: Resource, where: Where): Promise<T>;
  /** Reads all, page by page; apiVersion and kind are filled in, which the server leaves out in lists. */
  list<T extends KubeObject>(
    resource: Resource,
    where: Where,
    query?: Query,
  ): Promise<{ items: T[]; resourceVersion: string }>;
  /** Creates `body` in the namespace. */
  create<T extends KubeObject>(resource: Resource, where: Where, body: object): Promise<T>;
  /** Applies RFC 6902 operations; isConflict when one of them does not fit the object. */
  jsonPatch<T extends KubeObject>(resource: Resource, where: Where, patch: JsonPatch): Promise<T>;
  /** Applies an RFC 7386 merge: null removes, arrays are replaced. */
  mergePatch<T extends KubeObject>(resource: Resource, where: Where, patch: object): Promise<T>;
  /** Merges lists by their keys; built-in kinds only. */
  strategicPatch<T extends KubeObject>(resource: Resource, where: Where, patch: object): Promise<T>;
  /** Deletes in the background, and only the object that is meant if that is said (isConflict otherwise). */
  delete(resource: Resource, where: Where, only?: Preconditions): Promise<void>;
  /** Streams changes until the server ends the watch, the line is silent for too long, or the signal aborts. */
  watch<T extends KubeObject>(
    resource: Resource,
    where: Where,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
  /** What is served of a group of the API; see discovery.ts. */
  discover(group: string): Promise<readonly Served[]>;
  /** Closes the connections. */
  close(): Promise<void>;
}

/** A group's resources in one version, by their plurals. */
export interface Served {
  readonly version: string;
  readonly plurals: readonly string[];
}
