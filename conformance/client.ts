import { Pool } from "undici";

/** One request. A gRPC call has neither path nor headers of its own. */
export interface GatewayRequest {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer to a request or call. */
export interface Reply {
  /** The HTTP status, or the code of a gRPC status. */
  readonly status: number;
  /** "" if no pod of the check answered. */
  readonly version: string;
  /** Every `Set-Cookie` header, unparsed. */
  readonly cookies: readonly string[];
  readonly text: string;
  /** Why no answer came; the status is 0 then. */
  readonly failure?: string;
}

/** Sends requests or calls for one host to a gateway. */
export interface GatewayClient {
  /** Rejects if no answer comes. */
  ask(request?: GatewayRequest): Promise<Reply>;
  close(): Promise<void>;
}

const CONNECTIONS = 64;
/** The longest wait for an answer, in ms. */
export const ANSWER_MS = 10_000;

/** A client of HTTP/1.1 on kept-alive connections. `answerMs`: the longest wait, also for a connection. */
export function httpClient(url: string, host: string, answerMs = ANSWER_MS): GatewayClient {
  const pool = new Pool(url, { connections: CONNECTIONS });
  return {
    async ask({ path = "/", headers = {} } = {}) {
      const answer = await pool.request({
        method: "GET",
        path,
        headers: { ...headers, host },
        signal: AbortSignal.timeout(answerMs),
      });
      return {
        status: answer.statusCode,
        version: String(answer.headers["x-version"] ?? ""),
        cookies: [answer.headers["set-cookie"] ?? []].flat(),
        text: await answer.body.text(),
      };
    },
    // Requests without an answer end with their connections.
    close: () => pool.destroy(),
  };
}
