import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as the server saw it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What to answer; `never` leaves the client waiting. */
export type Answer = "never" | { status?: number; body?: string; headers?: Record<string, string> };

/** A local server in the place of an API. */
export interface ApiServer {
  readonly url: string;
  readonly snapshot: Seen[];
  answer: (snapshot: Seen) => Answer;
  /** The last request. */
  last(): Seen;
  close(): void;
}

export async function startServer(): Promise<ApiServer> {
  const snapshot: Seen[] = [];
  const http = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://server");
    const asked = {
      method: request.method ?? "",
      path: pathname,
      query: searchParams,
      headers: request.headers,
      body: Buffer.concat(parts).toString(),
    };
    snapshot.push(asked);
    const answer = server.answer(asked);
    if (answer === "never") return;
    response.writeHead(answer.status ?? 200, answer.headers);
    response.end(answer.body ?? "");
  }).listen(0, "127.0.0.1");
  await once(http, "listening");
  const server: ApiServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    snapshot,
    answer: () => ({ status: 404 }),
    last() {
      const last = snapshot.at(-1);
      if (last === undefined) throw new Error("no request came");
      return last;
    },
    close() {
      http.closeAllConnections();
      http.close();
    },
  };
  return server;
}
