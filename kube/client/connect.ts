import type { Log } from "../core/log.ts";
import type { Resource } from "../core/resources.ts";
import type { Kube, Where } from "./api.ts";
import { discover } from "./discovery.ts";
import { listAll } from "./list.ts";
import type { ServerClock } from "./server-clock.ts";
import { type ApiRequest, connectionError, type Load, openTransport, readText } from "./transport.ts";
import { headerWarnings } from "./warning-header.ts";
import { watchEvents } from "./watch.ts";

/** How to reach the API server. */
export interface ConnectOptions {
  /** Serin's name in managedFields. */
  readonly fieldManager: string;
  readonly userAgent: string;
  /** See in-cluster.ts and kubeconfig.ts. */
  readonly load: Load;
  readonly log: Log;
  /** Takes each warning of the API server; absent: it is logged. */
  readonly onWarning?: (sentence: string) => void;
  /** Hears the API server's time. */
  readonly serverClock?: ServerClock;
  /** Time limit of a request, but for the body of a watch; 10,000 ms. */
  readonly timeoutMs?: number;
  /** Silence after which a watch counts as dead; 90,000 ms (a server sends bookmarks about once a minute). */
  readonly silenceMs?: number;
}

/** Connects to an API server at the first request. */
export function connect({ timeoutMs = 10_000, silenceMs = 90_000, ...options }: ConnectOptions): Kube {
  const transport = openTransport({ ...options, timeoutMs });
  // Warn, not Strict: a write that restores a user's fields must not fail for a field that a newer or older server does
  // not know. Serin logs the warning.
  const writing = ({ fieldManager = options.fieldManager, dryRun = false }: Where) =>
    new URLSearchParams({ fieldManager, fieldValidation: "Warn", ...(dryRun && { dryRun: "All" }) });

  async function call<T>(request: ApiRequest): Promise<T> {
    return (await callMeasured<T>(request)).page;
  }

  /** Sends, and returns the answer with its length. */
  async function callMeasured<T>(request: ApiRequest, longestBytes?: number) {
    const response = await transport.send(request);
    const warning = response.headers.warning;
    if (options.onWarning) headerWarnings(warning).forEach(options.onWarning);
    else if (warning)
      options.log.warn({ method: request.method, path: request.path, warning }, "API warning");
    const text = await readText(request, response, longestBytes);
    try {
      return { page: JSON.parse(text) as T, bytes: Buffer.byteLength(text) };
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
    list: (resource, where, query = {}, pick = (object) => object as never) =>
      listAll(
        (page, longestBytes) =>
          callMeasured({ method: "GET", path: pathOf(resource, where, page) }, longestBytes),
        query,
        pick,
      ),
    create: (resource, where, body) =>
      call({ method: "POST", path: pathOf(resource, where, writing(where)), body }),
    jsonPatch: patchAs("json-patch"),
    mergePatch: patchAs("merge-patch"),
    strategicPatch: patchAs("strategic-merge-patch"),
    async delete(resource, where, { uid, resourceVersion, orphan } = {}) {
      const propagationPolicy = orphan ? "Orphan" : "Background";
      const body = { propagationPolicy, preconditions: { uid, resourceVersion } };
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
    discover: () => discover((path, accept) => call({ method: "GET", path, accept })),
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
