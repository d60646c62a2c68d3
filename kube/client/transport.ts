import type { Dispatcher } from "undici";
import { messageOf } from "../core/error-message.ts";
import type { Credentials } from "./credentials.ts";
import { ConnectionError, PageTooLong, toApiError } from "./errors.ts";
import { formatJson } from "./json.ts";
import type { ServerClock } from "./server-clock.ts";

/** One HTTP request; the path carries the query. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly contentType?: string;
  /** The media type of the answer; JSON by default. */
  readonly accept?: string;
  readonly body?: object;
  /** For a watch: the signal that ends it, and the longest silence in its body, in milliseconds. */
  readonly stream?: { readonly signal: AbortSignal; readonly silenceMs: number };
}

/** The authenticated HTTP connection to one API server, over HTTP/1.1 or HTTP/2 as the server offers. */
export interface Transport {
  /** Sends; resolves with the headers of a 2xx, else throws ApiError or ConnectionError. */
  send(request: ApiRequest): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

/**
 * Loads the credentials. The transport calls it again after a 401, and when it does not trust the server's certificate: the
 * credentials, or the authority, may have been replaced.
 */
export type Load = () => Credentials | Promise<Credentials>;

interface TransportOptions {
  readonly load: Load;
  readonly userAgent: string;
  readonly timeoutMs: number;
  /** Hears the time of every answer, also of one that refuses. */
  readonly serverClock?: ServerClock;
}

interface Session {
  readonly credentials: Credentials;
  readonly dispatcher: Dispatcher;
}

/**
 * OpenSSL's words for a chain that does not end at a known authority. The names of an old and a new one are often the same,
 * so the signature may be all that differs.
 */
const DISTRUST: ReadonlySet<unknown> = new Set([
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_SIGNATURE_FAILURE",
  "CERT_HAS_EXPIRED",
]);

/** Opens one pool of connections for all requests, and replaces it when one side refuses the other's credentials. */
export function openTransport({ load, userAgent, timeoutMs, serverClock }: TransportOptions): Transport {
  let session: Promise<Session> | undefined;
  const forget = (used: Promise<Session>) => {
    if (session === used) session = undefined;
  };
  const current = () => {
    if (session) return session;
    const opening = openSession(load);
    // If a session cannot open (for example an unreadable file), the next request tries again.
    opening.catch(() => forget(opening));
    session = opening;
    return opening;
  };

  async function attempt(request: ApiRequest): Promise<Dispatcher.ResponseData> {
    const { credentials, dispatcher } = await current();
    const { server } = credentials;
    const { stream } = request;
    try {
      const headers = { ...(await headersOf(request, credentials)), "user-agent": userAgent };
      const hear = serverClock?.ask();
      const response = await dispatcher.request({
        origin: server.origin,
        path: server.pathname.replace(/\/$/, "") + request.path,
        method: request.method,
        headers,
        body: request.body ? formatJson(request.body) : null,
        signal: stream?.signal ?? AbortSignal.timeout(timeoutMs),
        headersTimeout: timeoutMs,
        bodyTimeout: stream?.silenceMs ?? timeoutMs,
      });
      hear?.(response.headers.date?.toString());
      return response;
    } catch (cause) {
      throw connectionError(request, cause);
    }
  }

  async function send(request: ApiRequest): Promise<Dispatcher.ResponseData> {
    const used = current();
    // Of many requests that meet the same refusal, only the first replaces the session. Idle connections of the old one close
    // by themselves.
    const again = () => {
      forget(used);
      return attempt(request);
    };
    let response = await retrySocket(request, () => attempt(request)).catch((error: unknown) => {
      if (!isDistrust(error)) throw error;
      return again();
    });
    if (response.statusCode === 401) {
      await response.body.dump();
      response = await again();
    }
    if (response.statusCode < 300) return response;
    const retryAfter = response.headers["retry-after"];
    throw toApiError(response.statusCode, await readText(request, response), retryAfter?.toString());
  }

  return { send, close: async () => (await session)?.dispatcher.destroy() };
}

/** Reads a body to its end. Throws ConnectionError if the connection breaks, PageTooLong at more than this many bytes. */
export async function readText(
  request: ApiRequest,
  { body }: Dispatcher.ResponseData,
  longestBytes = Number.POSITIVE_INFINITY,
): Promise<string> {
  try {
    if (longestBytes === Number.POSITIVE_INFINITY) return await body.text();
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      bytes += chunk.length;
      // Leaving the loop destroys the body.
      if (bytes > longestBytes) throw new PageTooLong();
    }
    return Buffer.concat(chunks).toString();
  } catch (cause) {
    if (cause instanceof PageTooLong) throw cause;
    throw connectionError(request, cause);
  }
}

async function openSession(load: Load): Promise<Session> {
  const credentials = await load();
  return { credentials, dispatcher: credentials.connect() };
}

async function headersOf(
  { body, contentType, accept = "application/json" }: ApiRequest,
  credentials: Credentials,
) {
  const type = body && { "content-type": contentType ?? "application/json" };
  return { accept, ...(await credentials.headers()), ...type };
}

/**
 * A GET whose pooled connection broke is sent once more: the server may just have closed an idle connection. A watch is not,
 * because its follower begins it again anyway, and pauses for longer and longer in an outage.
 */
async function retrySocket<T>(request: ApiRequest, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    const isRepeatable = request.method === "GET" && request.stream === undefined;
    const isBroken = error instanceof ConnectionError && !isTimeout(error.cause) && !isDistrust(error);
    if (!isRepeatable || !isBroken) throw error;
    return await send();
  }
}

/** The request has not been sent: the connection did not open. */
function isDistrust(error: unknown): boolean {
  const cause = error instanceof ConnectionError ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && DISTRUST.has(cause.code);
}

function isTimeout(cause: unknown): boolean {
  return cause instanceof Error && /Timeout/.test(cause.name);
}

/** Wraps an error of undici. The message names the request without its query. */
export function connectionError(request: ApiRequest, cause: unknown): ConnectionError {
  const asked = `${request.method} ${request.path.split("?", 1)[0]}`;
  return new ConnectionError(`no answer from the API server to ${asked}: ${messageOf(cause)}`, { cause });
}
