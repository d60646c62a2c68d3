import { once } from "node:events";
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { KubeConfig } from "@kubernetes/client-node";
import { issueAuthority, issueLeaf, type KeyPair } from "../../certs/issue.ts";
import type { Kube } from "../../kube/client/api.ts";
import { type ConnectOptions, connect } from "../../kube/client/connect.ts";
import type { Credentials } from "../../kube/client/credentials.ts";
import { fromKubeConfig } from "../../kube/client/kubeconfig.ts";
import type { KubeObject } from "../../kube/core/meta.ts";
import type { Resource } from "../../kube/core/resources.ts";
import { predicateOf } from "../../kube/core/selector.ts";
import { collectionOf, parsePath } from "./api-path.ts";
import { noLog } from "./log.ts";
import { type Change, Refusal, Store } from "./store.ts";

type Req = Pick<Http2ServerRequest, "method" | "url" | "headers"> & AsyncIterable<Buffer>;
type Res = Pick<Http2ServerResponse, "write" | "end" | "writeHead" | "on"> & {
  destroy?(): void;
  flushHeaders?(): void;
  stream?: { destroy(): void };
};

/** A request as the server received it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A failure in place of the answer: a status with a message, a broken connection, or silence. */
export type Fault = { status: number; message?: string; headers?: Record<string, string> } | "reset" | "hang";

interface Watch {
  readonly res: Res;
  readonly collection: string;
  /** It hears of later versions only, as a watch of the real API server. */
  readonly from: number;
  readonly matches: (object: KubeObject) => boolean;
}

const http2 = { allowHTTP1: true, maxSessionMemory: 200 };
let pair: Promise<{ ca: KeyPair; leaf: KeyPair }> | undefined;
async function issuePair() {
  const life = { now: Date.now(), lifeMs: 3_600_000 };
  const ca = await issueAuthority(life);
  return { ca, leaf: await issueLeaf(ca, ["localhost", "127.0.0.1"], life) };
}

/** A small API server in memory, over TLS on loopback: list, watch, create, patch, delete, and faults on demand. */
export class FakeApi {
  readonly store = new Store();
  readonly requests: ReceivedRequest[] = [];
  /** The server asks these about each request, in order; the first fault that is not undefined happens. */
  readonly faults: ((request: ReceivedRequest) => Fault | undefined)[] = [];
  /** The bearer token that the server requires; it requires none while this is empty. */
  token = "";
  /** Whether the server understands sendInitialEvents. */
  watchList = true;
  connections = 0;
  url = "";
  ca = "";
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #watches = new Set<Watch>();

  static async start({ http1 = false } = {}): Promise<FakeApi> {
    pair ??= issuePair();
    const { ca, leaf } = await pair;
    const api = new FakeApi(leaf, http1);
    api.ca = ca.cert;
    await api.#listen(0);
    api.url = `https://localhost:${(api.#server.address() as AddressInfo).port}`;
    return api;
  }

  constructor({ cert, key }: KeyPair, http1: boolean) {
    const handle = (req: unknown, res: unknown) => void this.#handle(req as Req, res as Res);
    this.#server = http1
      ? createServer({ cert, key }, handle)
      : (createSecureServer({ cert, key, ...http2 }, handle) as unknown as Server);
    this.#server.on("secureConnection", (socket: Socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("error", () => {}).on("close", () => this.#sockets.delete(socket));
    });
    this.store.onChange = (change) => {
      for (const watch of this.#watches) send(watch, change);
    };
  }

  /** A kubeconfig for this server. */
  config(token = this.token): Promise<Credentials> {
    const config = new KubeConfig();
    const caData = Buffer.from(this.ca).toString("base64");
    const cluster = { name: "fake", server: this.url, caData, skipTLSVerify: false };
    config.loadFromClusterAndUser(cluster, { name: "me", token });
    return fromKubeConfig(config);
  }

  connect(options: Partial<ConnectOptions> = {}): Kube {
    const load = () => this.config();
    return connect({ fieldManager: "serin", userAgent: "serin-test", load, log: noLog, ...options });
  }

  /** Creates an object as another client. */
  add<T extends KubeObject>(resource: Resource, object: T): T {
    return this.store.create(collectionOf(resource), object) as T;
  }

  /** Creates or replaces an object as another client. */
  put<T extends KubeObject>(resource: Resource, object: T): T {
    return this.store.put(collectionOf(resource), object) as T;
  }

  /** Changes an object as another client, by a merge patch. */
  change(resource: Resource, key: string, patch: object): KubeObject {
    return this.store.patch(collectionOf(resource), key, "merge", patch);
  }

  /** Deletes an object as another client. */
  remove(resource: Resource, key: string): KubeObject {
    return this.store.delete(collectionOf(resource), key);
  }

  /** The number of open watches. */
  get watching(): number {
    return this.#watches.size;
  }

  /** Forgets the history: a client that continues from an older version gets 410. */
  compact(): void {
    this.store.compacted = this.store.version;
  }

  /** Ends all watches: cleanly, or by breaking the connections. */
  endWatches(how: "end" | "reset"): void {
    for (const { res } of this.#watches) res.end();
    this.#watches.clear();
    if (how === "reset") for (const socket of this.#sockets) socket.destroy();
  }

  /** Closes its port and all connections. The function that it returns opens the port again. */
  async shut(): Promise<() => Promise<void>> {
    const { port } = this.#server.address() as AddressInfo;
    await this.stop();
    return () => this.#listen(port);
  }

  /** Sends a bookmark with the current version to all watches. */
  bookmark(): void {
    for (const watch of this.#watches) line(watch.res, "BOOKMARK", bookmarkAt(this.store.version));
  }

  /** Sends any event to all watches. */
  sendEvent(type: string, object: object): void {
    for (const watch of this.#watches) line(watch.res, type, object);
  }

  async #listen(port: number): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async stop(): Promise<void> {
    this.endWatches("reset");
    this.#server.close();
    const closed = once(this.#server, "close");
    // A client that is about to reconnect would keep the server open for ever.
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #handle(req: Req, res: Res): Promise<void> {
    const url = new URL(req.url ?? "", this.url);
    const request = {
      method: req.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: req.headers,
    };
    this.requests.push(request);
    const fault = this.faults.map((find) => find(request)).find((found) => found !== undefined);
    if (fault === "hang") return;
    if (fault === "reset") return void (res.stream ?? (res as { destroy?(): void })).destroy?.();
    try {
      if (fault) throw new Refusal(fault.status, "Injected", fault.message ?? "injected");
      if (this.token && req.headers.authorization !== `Bearer ${this.token}`) {
        throw new Refusal(401, "Unauthorized", "Unauthorized");
      }
      await this.#serve(request, req, res);
    } catch (error) {
      const { code = 500, reason = "InternalError", message } = error as Refusal;
      const headers = fault ? fault.headers : {};
      res.writeHead(code, { "content-type": "application/json", ...headers });
      res.end(JSON.stringify({ kind: "Status", status: "Failure", code, reason, message }));
    }
  }

  async #serve(request: ReceivedRequest, req: Req, res: Res): Promise<void> {
    const { collection, namespace, name } = parsePath(request.path);
    const key = `${namespace}/${name}`;
    const contentType = String(request.headers["content-type"]);
    if (request.method === "GET" && !name) {
      if (request.query.get("watch") === "true") return this.#watch(request, collection, namespace, res);
      return json(res, 200, this.#list(request, collection, namespace));
    }
    if (request.method === "GET") return json(res, 200, this.store.get(collection, key));
    const body = JSON.parse((await text(req)) || "{}");
    if (request.method === "POST") {
      const metadata = namespace ? { ...body.metadata, namespace } : body.metadata;
      return json(res, 201, this.store.create(collection, { ...body, metadata }));
    }
    if (request.method === "PATCH")
      return json(res, 200, this.store.patch(collection, key, contentType, body));
    return json(res, 200, this.store.delete(collection, key, body.preconditions, body.propagationPolicy));
  }

  #list({ query }: ReceivedRequest, collection: string, namespace: string) {
    const matches = predicateOf(selectionOf(query, namespace));
    const [at = 0, from = 0] = (query.get("continue") ?? "").split(":").map(Number);
    if (query.has("continue") && at < this.store.compacted) throw gone();
    const found = this.store.list(collection).filter(matches);
    const to = from + Number(query.get("limit") ?? found.length);
    const version = query.has("continue") ? at : this.store.version;
    const more = to < found.length ? { continue: `${version}:${to}` } : {};
    const items = found.slice(from, to).map(({ apiVersion: _, kind: __, ...item }) => item);
    const kind = found[0]?.kind ?? "Thing";
    const apiVersion = found[0]?.apiVersion ?? "v1";
    return {
      kind: `${kind}List`,
      apiVersion,
      metadata: { resourceVersion: String(version), ...more },
      items,
    };
  }

  #watch({ query }: ReceivedRequest, collection: string, namespace: string, res: Res): void {
    const matches = predicateOf(selectionOf(query, namespace));
    const from = Number(query.get("resourceVersion") ?? this.store.version);
    if (query.has("sendInitialEvents") && !this.watchList) {
      throw new Refusal(
        422,
        "Invalid",
        "sendInitialEvents is forbidden unless the WatchList feature gate is enabled",
      );
    }
    if (from < this.store.compacted) throw gone();
    const watch = { res, collection, from, matches };
    res.writeHead(200, { "content-type": "application/json" });
    res.flushHeaders?.();
    res.on("close", () => this.#watches.delete(watch));
    if (query.has("sendInitialEvents")) {
      for (const object of this.store.list(collection).filter(matches)) line(res, "ADDED", object);
      line(res, "BOOKMARK", bookmarkAt(this.store.version, { "k8s.io/initial-events-end": "true" }));
    }
    for (const change of this.store.changes) send(watch, change);
    this.#watches.add(watch);
  }
}

function send({ res, collection, from, matches }: Watch, { version, ...change }: Change): void {
  if (change.collection !== collection || version <= from) return;
  const before = change.before && matches(change.before) ? change.before : undefined;
  const now = change.now && matches(change.now) ? change.now : undefined;
  if (now) line(res, before ? "MODIFIED" : "ADDED", now);
  else if (before) {
    // An object that leaves the selection is sent as it was, with the version at which it left.
    line(res, "DELETED", { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } });
  }
}

function line(res: Res, type: string, object: object): void {
  res.write(`${JSON.stringify({ type, object })}\n`);
}

function json(res: Res, code: number, body: object): void {
  res.writeHead(code, { "content-type": "application/json" });
  res.end(JSON.stringify(body));
}

function bookmarkAt(version: number, annotations?: Record<string, string>) {
  return { metadata: { resourceVersion: String(version), annotations } };
}

function gone(): Refusal {
  return new Refusal(410, "Expired", "The resourceVersion for the provided watch is too old.");
}

function selectionOf(query: URLSearchParams, namespace: string) {
  const labelSelector = query.get("labelSelector") ?? undefined;
  return { namespace, labelSelector, fieldSelector: query.get("fieldSelector") ?? undefined };
}
