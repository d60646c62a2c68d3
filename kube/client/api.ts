import type { KubeObject } from "../core/meta.ts";
import type { Resource } from "../core/resources.ts";
import type { JsonPatch } from "../core/writes.ts";

/** The objects of a request: of one namespace or of all, one by name or all. */
export interface Where {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  /** The field manager of a write, if it is not the connection's. */
  readonly fieldManager?: string | undefined;
  /** Whether the API server answers a write without storing it; absent: no. */
  readonly dryRun?: boolean;
}

/** A choice among the objects; selectors as kubectl writes them. */
export interface Query {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** The object that a deletion may strike. An absent field allows any value. */
export interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** What to delete, and whether the objects that it owns stay; absent: the garbage collector deletes them. */
interface Deletion extends Preconditions {
  readonly orphan?: boolean;
}

/** An event of a watch. The client throws an ERROR event as an ApiError. */
export interface WatchEvent<T extends KubeObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: T;
}

/**
 * The Kubernetes API in raw JSON; the client drops and converts nothing. Every method throws ApiError for an answer other
 * than 2xx and ConnectionError without an answer in time. The client repeats only a GET whose connection broke, and a
 * request that met a 401 or a certificate that the client does not trust, once each.
 */
export interface Kube {
  /** Reads one object. */
  get<T extends KubeObject>(resource: Resource, where: Where): Promise<T>;
  /**
   * Reads all, page by page, and fills in apiVersion and kind, which the API server leaves out in lists. `pick` reduces the
   * objects of a page before the client reads the next page, so that no more than one page is in memory whole. It also gets
   * the object's length in the answer, in bytes: the mean of its page.
   */
  list<T extends KubeObject, Raw extends KubeObject = T>(
    resource: Resource,
    where: Where,
    query?: Query,
    pick?: (object: Raw, bytes: number) => T,
  ): Promise<{ items: T[]; resourceVersion: string }>;
  /** Creates `body` in the namespace. */
  create<T extends KubeObject>(resource: Resource, where: Where, body: object): Promise<T>;
  /** Applies RFC 6902 operations. The error is isConflict if one of them does not fit the object. */
  jsonPatch<T extends KubeObject>(resource: Resource, where: Where, patch: JsonPatch): Promise<T>;
  /** Applies an RFC 7386 merge: null removes, arrays are replaced. */
  mergePatch<T extends KubeObject>(resource: Resource, where: Where, patch: object): Promise<T>;
  /** Merges lists by their keys; built-in kinds only. */
  strategicPatch<T extends KubeObject>(resource: Resource, where: Where, patch: object): Promise<T>;
  /** Deletes in the background. The error is isConflict if the object does not meet the preconditions. */
  delete(resource: Resource, where: Where, only?: Deletion): Promise<void>;
  /** Streams changes until the server ends the watch, the connection is silent for too long, or the signal aborts. */
  watch<T extends KubeObject>(
    resource: Resource,
    where: Where,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
  /** What the API server serves, but for the core group; see discovery.ts. */
  discover(): Promise<Discovered>;
  /** Closes the connections. */
  close(): Promise<void>;
}

/** A group's resources in one version, by their plurals. */
interface Served {
  readonly version: string;
  readonly plurals: readonly string[];
}

/** Group → its versions in the API server's order of preference. */
export type Discovered = ReadonlyMap<string, readonly Served[]>;
