import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer, request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { addresses, ports } from "../../cluster/addresses.ts";
import type { Cluster } from "../../cluster/cluster.ts";

/** One request of Serin to the API server. */
export interface Call {
  /** The container that sent it: `controller` or `webhook`. */
  readonly container: string;
  /** The address of its pod. */
  readonly address: string;
  readonly method: string;
  /** The path with the query. */
  readonly path: string;
  /** Whether it changes an object of a rollout; writes of Leases do not count. */
  readonly isWrite: boolean;
  readonly isWatch: boolean;
  /** The instant at which it arrived, in ms since the epoch. */
  readonly at: number;
  /** The body; empty for a read. */
  readonly body: string;
}

/**
 * The fate of a request. It passes, whole or until it is cut after this many ms; or it gets an answer in place of the API
 * server's; or its connection is cut; or its answer begins and never continues.
 */
export type Fate =
  | "pass"
  | "cut"
  | "silence"
  | { readonly cutAfterMs: number }
  | { readonly status: number; readonly body: object; readonly headers?: Readonly<Record<string, string>> };

/** Decides the fate of requests, before they reach the API server and before their answers reach Serin. */
export interface Trouble {
  /** Called before the API server gets the request; a slow promise adds latency. */
  readonly before?: (call: Call) => Fate | Promise<Fate>;
  /** Called with the API server's status, when a write has had its effect and Serin has not had the answer. */
  readonly after?: (call: Call, status: number) => "pass" | "cut" | Promise<"pass" | "cut">;
}

/** A proxy between Serin's pods and the API server. */
export interface Way {
  /** Sets the trouble that requests meet from now on; none if absent. */
  set(trouble?: Trouble): void;
  /** Cuts every open connection, watches included. */
  cut(): void;
  /** Every request so far, the oldest first. */
  readonly calls: readonly Call[];
  close(): Promise<void>;
}

const PORT = 6444;

/**
 * Puts a proxy between Serin's pods and the API server that can delay, refuse, answer or cut requests. It has the API
 * server's certificate and protocol, so the tests exercise Serin's client as it ships. Pods that start from now on use
 * the proxy.
 */
export async function openWay({ dir, kubelet }: Pick<Cluster, "dir" | "kubelet">): Promise<Way> {
  const certificates = join(dir, "certificates");
  const cert = readFileSync(join(certificates, "apiserver.crt"));
  const key = readFileSync(join(certificates, "apiserver.key"));
  const agent = new Agent({ ca: cert, keepAlive: true, maxSockets: 256 });
  const calls: Call[] = [];
  let trouble: Trouble = {};

  const server = createServer({ cert, key }, (incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const call = await callOf(incoming);
    calls.push(call);
    const { before, after } = trouble;
    const fate = (await before?.(call)) ?? "pass";
    if (fate === "cut") return void outgoing.destroy();
    if (fate === "silence") return void outgoing.writeHead(200).flushHeaders();
    if (typeof fate === "object" && "cutAfterMs" in fate) {
      const cut = setTimeout(() => outgoing.destroy(), fate.cutAfterMs);
      outgoing.on("close", () => clearTimeout(cut));
    } else if (fate !== "pass") {
      outgoing.writeHead(fate.status, { "content-type": "application/json", ...fate.headers });
      return void outgoing.end(`${JSON.stringify(fate.body)}\n`);
    }
    const answer = await forward(call, incoming, agent, outgoing);
    if ((await after?.(call, answer.statusCode ?? 0)) === "cut") {
      answer.destroy();
      return void outgoing.destroy();
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    outgoing.flushHeaders();
    answer.on("error", () => outgoing.destroy());
    answer.pipe(outgoing);
  }
  await new Promise<void>((resolve) => server.listen(PORT, "0.0.0.0", resolve));
  kubelet.useApiPort(PORT);

  return {
    calls,
    set: (next = {}) => {
      trouble = next;
    },
    cut: () => server.closeAllConnections(),
    async close() {
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
}

/** A Status as the API server writes it. */
export function refusal(code: number, reason: string, message: string, retryAfterSeconds?: number): Fate {
  const details = retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } };
  return {
    status: code,
    body: { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message, ...details },
    headers: retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) },
  };
}

/** Makes each request take this many ms longer. */
export function latency(ms: number): Trouble {
  return { before: () => sleep(ms, "pass" as const) };
}

async function callOf(incoming: IncomingMessage): Promise<Call> {
  const { method = "GET", url = "/", headers, socket } = incoming;
  const isWrite = method !== "GET" && !url.includes("/leases");
  return {
    container: (headers["user-agent"] ?? "").replace(/^serin-/, ""),
    address: (socket.remoteAddress ?? "").replace("::ffff:", ""),
    method,
    path: url,
    isWrite,
    isWatch: url.includes("watch=true"),
    at: Date.now(),
    body: method === "GET" ? "" : await text(incoming),
  };
}

function forward(
  { method, path, body }: Call,
  { headers }: IncomingMessage,
  agent: Agent,
  outgoing: ServerResponse,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { host: addresses.host, port: ports.api, method, path, headers, agent };
    const asked = request(options, resolve);
    asked.on("error", reject);
    // The client has disconnected, so its watch must end.
    outgoing.on("close", () => asked.destroy());
    asked.end(body);
  });
}
