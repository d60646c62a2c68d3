import type { AgentOptions, RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import { Agent, type buildConnector, type Dispatcher, ProxyAgent } from "undici";
import { ConnectionError, toApiError } from "./errors.ts";
import { formatJson } from "./json.ts";

/** One HTTP request; the path carries the query. */
export interface Request {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly contentType?: string;
  readonly body?: object;
  /** For a watch: ends the response; and the longest silence in its body, in milliseconds. */
  readonly stream?: { readonly signal: AbortSignal; readonly silenceMs: number };
}

/** The authenticated HTTP connection to one API server, over HTTP/1.1 or HTTP/2 as the server offers. */
export interface Transport {
  /** Sends; resolves with the headers of a 2xx, else throws ApiError or ConnectionError. */
  send(request: Request): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

interface TransportOptions {
  readonly load: () => KubeConfig;
  readonly userAgent: string;
  readonly timeoutMs: number;
}

type DispatcherOptions = ReturnType<KubeConfig["createDispatcherOptions"]>;

interface Session {
  readonly config: KubeConfig;
  readonly dispatcher: Dispatcher;
  readonly base: URL;
}

/** Opens one pool of connections, kept for all requests; replaced when the credentials turn out to be old. */
export function openTransport({ load, userAgent, timeoutMs }: TransportOptions): Transport {
  let session: Promise<Session> | undefined;
  const forget = (used: Promise<Session>) => {
    if (session === used) session = undefined;
  };
  const current = () => {
    if (session) return session;
    const opening = openSession(load);
    // One that could not be opened (an unreadable file) is tried anew by the next request.
    opening.catch(() => forget(opening));
    session = opening;
    return opening;
  };

  async function attempt(request: Request): Promise<Dispatcher.ResponseData> {
    const { config, dispatcher, base } = await current();
    const { stream } = request;
    try {
      return await dispatcher.request({
        origin: base.origin,
        path: base.pathname.replace(/\/$/, "") + request.path,
        method: request.method,
        headers: { ...(await headersOf(request, config)), "user-agent": userAgent },
        body: request.body ? formatJson(request.body) : null,
        signal: stream?.signal ?? AbortSignal.timeout(timeoutMs),
        headersTimeout: timeoutMs,
        bodyTimeout: stream?.silenceMs ?? timeoutMs,
      });
    } catch (cause) {
      throw connectionError(request, cause);
    }
  }

  async function send(request: Request): Promise<Dispatcher.ResponseData> {
    const used = current();
    let response = await retrySocket(request, () => attempt(request));
    if (response.statusCode === 401) {
      await response.body.dump();
      // Of many requests that meet the same 401 only the first replaces the session; idle connections of the old
      // one close by themselves.
      forget(used);
      response = await attempt(request);
    }
    if (response.statusCode < 300) return response;
    const retryAfter = response.headers["retry-after"];
    throw toApiError(response.statusCode, await readText(request, response), retryAfter?.toString());
  }

  return { send, close: async () => (await session)?.dispatcher.destroy() };
}

/** Reads a body to its end; throws ConnectionError when it breaks off. */
export async function readText(request: Request, response: Dispatcher.ResponseData): Promise<string> {
  try {
    return await response.body.text();
  } catch (cause) {
    throw connectionError(request, cause);
  }
}

async function openSession(load: () => KubeConfig): Promise<Session> {
  const config = load();
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error("the kubeconfig names no current cluster");
  const tls: RequestOptions = {};
  await config.applyToHTTPSOptions(tls);
  const options = config.createDispatcherOptions(cluster, tls as AgentOptions);
  return { config, dispatcher: dispatcherOf(options), base: new URL(cluster.server) };
}

function dispatcherOf(options: DispatcherOptions): Dispatcher {
  switch (options.type) {
    case "agent":
      return new Agent({ connect: options.connect as buildConnector.BuildOptions });
    case "none":
      return new Agent();
    case "proxy":
      return new ProxyAgent({
        uri: options.uri,
        requestTls: options.requestTls as buildConnector.BuildOptions,
      });
    case "socks":
      throw new Error("SOCKS proxies are not supported");
  }
}

/** The library re-reads a token file once it is a minute old and runs credential plug-ins when they are due. */
async function headersOf(request: Request, config: KubeConfig): Promise<Record<string, string>> {
  const options: RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options);
  const headers: Record<string, string> = { accept: "application/json" };
  for (const [name, value] of Object.entries(options.headers ?? {}))
    headers[name.toLowerCase()] = String(value);
  if (request.body) headers["content-type"] = request.contentType ?? "application/json";
  return headers;
}

/** A GET whose pooled connection broke is sent once more: the server may just have closed an idle connection. */
async function retrySocket<T>(request: Request, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    const repeatable =
      request.method === "GET" && error instanceof ConnectionError && !isTimeout(error.cause);
    if (!repeatable || request.stream?.signal.aborted) throw error;
    return await send();
  }
}

function isTimeout(cause: unknown): boolean {
  return cause instanceof Error && /Timeout/.test(cause.name);
}

/** Wraps what undici throws; the message names the request without its query. */
export function connectionError(request: Request, cause: unknown): ConnectionError {
  const what = cause instanceof Error ? cause.message || cause.name : String(cause);
  const asked = `${request.method} ${request.path.split("?", 1)[0]}`;
  return new ConnectionError(`no answer from the API server to ${asked}: ${what}`, { cause });
}
