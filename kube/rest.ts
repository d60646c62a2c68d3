import type { KubeConfig } from "@kubernetes/client-node";
import { discover, type Served } from "./discovery.ts";
import { listAll } from "./list.ts";
import type { Log } from "./log.ts";
import { connectionError, openTransport, type Request, readText } from "./transport.ts";
import { watchEvents } from "./watch.ts";

/** Metadata as the API server sends it; fields unknown here are kept. Times are RFC 3339 strings. */
export interface Meta {
  name: string;
  namespace?: string;
  generateName?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedField[];
  creationTimestamp?: string;
  deletionTimestamp?: string;
  [unknown: string]: unknown;
}

/** The object that an object lives and dies with. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** Who last set which fields, by which operation. */
export interface ManagedField {
  manager?: string;
  operation?: "Apply" | "Update";
  subresource?: string;
  time?: string;
  fieldsV1?: unknown;
  [unknown: string]: unknown;
}

/** Any object of the API, as raw JSON; interfaces of one kind extend it. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: Meta;
  [unknown: string]: unknown;
}

/** A collection of the API; group is "" for the core. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

/** Which objects of a resource: of one namespace or of all, one by name or all. */
export interface Where {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  /** For a write: under which name it is recorded, if not under the connection's. */
  readonly fieldManager?: string | undefined;
}

/** One operation of RFC 6902. */
export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };

/** A JSON patch: applied whole or not at all. */
export type JsonPatch = readonly JsonPatchOperation[];

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
 * other than 2xx and ConnectionError for no answer within the time limit. Nothing is repeated, but for a GET whose
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

/** How to reach the API server. */
export interface ConnectOptions {
  /** The name under which our writes are recorded in managedFields. */
  readonly fieldManager: string;
  readonly userAgent: string;
  /** Loads the credentials; called again after a 401, so that rotated ones are found. See credentials.ts. */
  readonly load: () => KubeConfig;
  readonly log: Log;
  /** Time limit of a request, but for the body of a watch; 10,000 ms. */
  readonly timeoutMs?: number;
  /** Silence after which a watch counts as dead; 90,000 ms (a server sends bookmarks about once a minute). */
  readonly silenceMs?: number;
}

/** Connects to an API server; no request is made yet. */
export function connect({ timeoutMs = 10_000, silenceMs = 90_000, ...options }: ConnectOptions): Kube {
  const transport = openTransport({ ...options, timeoutMs });
  // Warn, not Strict: a write that gives back what a user had must not fail for a field that a newer or older
  // server does not know; the warning is logged.
  const writing = ({ fieldManager = options.fieldManager }: Where) =>
    new URLSearchParams({ fieldManager, fieldValidation: "Warn" });

  async function call<T>(request: Request): Promise<T> {
    const response = await transport.send(request);
    const warning = response.headers.warning;
    if (warning) options.log.warn({ method: request.method, path: request.path, warning }, "API warning");
    const text = await readText(request, response);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw connectionError(request, cause);
    }
  }

  const patchAs =
    (type: string) =>
    <T>(resource: Resource, where: Where, body: object) =>
      call<T>({
        method: "PATCH",
        path: pathOf(resource, where, writing(where)),
        contentType: `application/${type}+json`,
        body,
      });

  return {
    get: (resource, where) => call({ method: "GET", path: pathOf(resource, where) }),
    list: (resource, where, query = {}) =>
      listAll((page) => call({ method: "GET", path: pathOf(resource, where, page) }), query),
    create: (resource, where, body) =>
      call({ method: "POST", path: pathOf(resource, where, writing(where)), body }),
    jsonPatch: patchAs("json-patch"),
    mergePatch: patchAs("merge-patch"),
    strategicPatch: patchAs("strategic-merge-patch"),
    async delete(resource, where, { uid, resourceVersion } = {}) {
      const body = { propagationPolicy: "Background", preconditions: { uid, resourceVersion } };
      await call({ method: "DELETE", path: pathOf(resource, where), body });
    },
    watch(resource, where, query, signal) {
      const page = new URLSearchParams({ allowWatchBookmarks: "true", ...query, watch: "true" });
      return watchEvents(transport, {
        method: "GET",
        path: pathOf(resource, where, page),
        stream: { signal, silenceMs },
      });
    },
    discover: (group) => discover((path) => call({ method: "GET", path }), group),
    close: () => transport.close(),
  };
}

function pathOf({ group, version, plural }: Resource, where: Where, query?: URLSearchParams): string {
  const parts = group ? ["apis", group, version] : ["api", version];
  if (where.namespace) parts.push("namespaces", where.namespace);
  parts.push(plural);
  if (where.name) parts.push(where.name);
  if (where.subresource) parts.push(where.subresource);
  return `/${parts.map(encodeURIComponent).join("/")}${query?.size ? `?${query}` : ""}`;
}
