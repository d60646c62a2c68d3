import { Pool } from "undici";
import { startPace } from "./pace.ts";
import { Recording, type Row, type Summary } from "./record.ts";

/** The headers of every request, or of each request by its number, from 0. */
type Headers = Readonly<Record<string, string>> | ((index: number) => Readonly<Record<string, string>>);

/** The requests of a load and their rate. */
export interface LoadOptions {
  /** The gateway, without a path. */
  readonly url: string;
  /** The Host header. */
  readonly host: string;
  /** Requests per second, independent of how long the answers take (open loop). */
  readonly rps: number;
  readonly path?: string;
  readonly headers?: Headers;
  /** After so long (ms) the client ends whatever has not ended; absent: it waits for 10 s each for the head and for more. */
  readonly patienceMs?: number;
  /** `http/1.1` (the default) on kept-alive connections, or `h2c`: HTTP/2 without TLS, with prior knowledge. */
  readonly protocol?: "http/1.1" | "h2c";
}

/** The answers to a stream of requests. Instants are ms since the epoch; a request counts at its start. */
export interface Answers {
  /** Summarises the requests since an instant. */
  since(from: number): Summary;
  between(from: number, to: number): Summary;
  /** Every request of a period, for questions that a summary does not answer. */
  rows(from?: number, to?: number): Iterable<Row>;
  /** Sends no more requests, waits for the pending answers, and summarises everything. */
  stop(): Promise<Summary>;
}

/** A steady stream of requests. */
export interface Load extends Answers {
  /** The rate at which it began, in requests per second. */
  readonly rps: number;
  /** Sends this many requests per second from now on. */
  at(rps: number): void;
}

/** The number of connections by protocol, and of concurrent requests on each. */
const PROTOCOLS = {
  "http/1.1": { connections: 64 },
  h2c: { connections: 4, pipelining: 100, allowH2: true, useH2c: true },
} as const;
const TIMEOUT_MS = 10_000;

/** Starts a load. */
export function startLoad(options: LoadOptions): Load {
  const { url, host, rps, path = "/", headers = {}, patienceMs, protocol = "http/1.1" } = options;
  const pool = new Pool(url, {
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    ...PROTOCOLS[protocol],
  });
  const recording = new Recording();
  const headersOf = typeof headers === "function" ? headers : () => headers;
  const pace = startPace(rps, async (index) => {
    const at = performance.now();
    const answer = await send(pool, path, { ...headersOf(index), host }, patienceMs);
    recording.add({ at: performance.timeOrigin + at, latencyMs: performance.now() - at, ...answer });
  });

  return {
    rps,
    since: (from) => recording.summary(from),
    between: (from, to) => recording.summary(from, to),
    rows: (from, to) => recording.rows(from, to),
    at: pace.at,
    async stop() {
      await pace.stop();
      if (!pool.closed) await pool.close();
      return recording.summary();
    },
  };
}

type Outcome = Pick<Row, "status" | "version" | "pod">;

async function send(
  pool: Pool,
  path: string,
  headers: Record<string, string>,
  patienceMs?: number,
): Promise<Outcome> {
  try {
    const signal = patienceMs === undefined ? undefined : AbortSignal.timeout(patienceMs);
    const asked = { method: "GET", path, headers, ...(signal && { signal }) } as const;
    const { statusCode, headers: answer, body } = await pool.request(asked);
    await body.dump();
    return {
      status: statusCode,
      version: String(answer["x-version"] ?? ""),
      pod: String(answer["x-pod"] ?? ""),
    };
  } catch {
    return { status: 0, version: "", pod: "" };
  }
}
