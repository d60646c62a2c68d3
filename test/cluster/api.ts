import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, type Dispatcher, request } from "undici";

/** The parts of a Kubernetes object that this folder reads. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly deletionGracePeriodSeconds?: number;
  };
}

/** An answer of the API server. */
interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** A change that a watch reported. An object that was deleted while the watch was broken comes as `DELETED` as well. */
export interface Change<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: T;
}

/** Access to the API server as one user. */
export interface Api {
  /**
   * Sends one request; any status is an answer. By default a PATCH with an array is a JSON patch and one with an object
   * is a merge patch; `contentType` overrides this. Throws if there is no connection.
   */
  request<T = unknown>(
    method: Method,
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<Answer<T>>;
  /** Sends one request; throws on any status outside 2xx, with the API server's message. */
  demand<T = unknown>(method: Method, path: string, body?: unknown, contentType?: string): Promise<T>;
  /** Lists and watches a collection until `signal` aborts. Survives broken connections and never throws. */
  follow<T extends KubeObject>(
    path: string,
    onChange: (change: Change<T>) => void,
    signal: AbortSignal,
  ): Promise<void>;
}

/** The methods that the tests use. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** The API server and the user: `url` without a trailing slash, `ca` in PEM; `token` "": the connection gives the user. */
export interface ApiOptions {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

/** Connects to an API server; the connections close when the process ends. */
export function connectApi({ url, ca, token }: ApiOptions): Api {
  const dispatcher = new Agent({ connect: { ca }, bodyTimeout: 0 });
  const send = (method: Method, path: string, body?: unknown, contentType = contentTypeOf(method, body)) =>
    request(`${url}${path}`, {
      dispatcher,
      method,
      headers: {
        ...(token !== "" && { authorization: `Bearer ${token}` }),
        accept: "application/json",
        "content-type": contentType,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  const api: Api = {
    async request<T>(method: Method, path: string, body?: unknown, contentType?: string) {
      const { statusCode, body: answer } = await send(method, path, body, contentType);
      return { status: statusCode, body: parse<T>(await answer.text()) };
    },
    async demand<T>(method: Method, path: string, body?: unknown, contentType?: string) {
      const answer = await api.request<T & { message?: string }>(method, path, body, contentType);
      if (answer.status < 300) return answer.body;
      throw new Error(`${method} ${path}: ${answer.status} ${answer.body.message ?? ""}`);
    },
    follow: (path, onChange, signal) =>
      follow({ api, open: (url) => send("GET", url), path, onChange, signal }),
  };
  return api;
}

interface Follow<T> {
  readonly api: Api;
  readonly open: (path: string) => Promise<Dispatcher.ResponseData>;
  readonly path: string;
  readonly onChange: (change: Change<T>) => void;
  readonly signal: AbortSignal;
}

interface List<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

async function follow<T extends KubeObject>(needs: Follow<T>): Promise<void> {
  const known = new Map<string, T>();
  while (!needs.signal.aborted) {
    try {
      await listThenWatch(needs, known);
    } catch {
      // After a broken watch comes a new list, which finds every missed change.
    }
    if (!needs.signal.aborted) await sleep(100);
  }
}

async function listThenWatch<T extends KubeObject>(needs: Follow<T>, known: Map<string, T>): Promise<void> {
  const { api, open, path, onChange, signal } = needs;
  const list = await api.demand<List<T>>("GET", path);
  const present = new Set(list.items.map(keyOf));
  for (const [key, object] of known) {
    if (!present.has(key)) note({ type: "DELETED", object });
  }
  for (const object of list.items) note({ type: known.has(keyOf(object)) ? "MODIFIED" : "ADDED", object });

  const separator = path.includes("?") ? "&" : "?";
  const { statusCode, body } = await open(
    `${path}${separator}watch=true&resourceVersion=${list.metadata.resourceVersion}`,
  );
  const close = () => body.destroy();
  signal.addEventListener("abort", close);
  try {
    if (statusCode !== 200) throw new Error(`watch ${path}: ${statusCode}`);
    for await (const line of createInterface({ input: body, crlfDelay: Number.POSITIVE_INFINITY })) {
      const change = parse<Change<T> | { readonly type: "ERROR" }>(line);
      if (change.type === "ERROR") return;
      note(change);
    }
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }

  function note(change: Change<T>): void {
    if (change.type === "DELETED") known.delete(keyOf(change.object));
    else known.set(keyOf(change.object), change.object);
    if (!signal.aborted) onChange(change);
  }
}

function keyOf({ metadata }: KubeObject): string {
  return metadata.uid ?? `${metadata.namespace}/${metadata.name}`;
}

function contentTypeOf(method: Method, body: unknown): string {
  if (method !== "PATCH") return "application/json";
  return Array.isArray(body) ? "application/json-patch+json" : "application/merge-patch+json";
}

function parse<T>(text: string): T {
  try {
    return JSON.parse(text);
  } catch {
    // Health endpoints and proxies answer in plain text.
    return { message: text } as T;
  }
}
