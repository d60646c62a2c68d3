import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { addresses } from "../../cluster/addresses.ts";

/** One request that arrived, whatever the answer was. */
export interface Arrived {
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: each channel has a body of its own.
  readonly body: any;
  readonly status: number;
}

/** An answer: a status with headers and a body, after a delay. */
interface Reply {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly afterMs?: number;
}

/** Stands for the services that receive notices: a receiver is the first part of a path, and answers as its test sets it. */
export class NoticeServer {
  readonly #arrived: { readonly receiver: string; readonly one: Arrived }[] = [];
  readonly #replies = new Map<string, Reply[]>();
  #server: Server | undefined;
  #port = 0;

  /** Listens where Serin's pods can reach it; again at the same port after `stop`. */
  async start(): Promise<void> {
    const server = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      const receiver = (request.url ?? "").split(/[/?]/)[1] ?? "";
      const replies = this.#replies.get(receiver) ?? [];
      const reply = (replies.length > 1 ? replies.shift() : replies[0]) ?? { status: 200 };
      const one = { headers: request.headers, body: JSON.parse(text), status: reply.status };
      if (reply.afterMs !== undefined) await sleep(reply.afterMs);
      this.#arrived.push({ receiver, one });
      response.writeHead(reply.status, reply.headers).end(reply.body ?? "ok");
    });
    server.listen(this.#port, addresses.host);
    await new Promise((resolve) => server.once("listening", resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** The base of a receiver's URL. */
  url(receiver: string): string {
    return `http://${addresses.host}:${this.#port}/${receiver}`;
  }

  /** Sets the answers of a receiver, in order; the last one lasts. */
  answer(receiver: string, ...replies: Reply[]): void {
    this.#replies.set(receiver, replies);
  }

  /** What arrived at a receiver. */
  at(receiver: string): readonly Arrived[] {
    return this.#arrived.filter((each) => each.receiver === receiver).map(({ one }) => one);
  }

  /** The part of it that the receiver took. */
  taken(receiver: string): readonly Arrived[] {
    return this.at(receiver).filter(({ status }) => status < 300);
  }

  /** Refuses connections from now on. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
