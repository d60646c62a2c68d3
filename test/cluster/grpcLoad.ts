import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { echo } from "./echo.ts";
import type { Load } from "./load.ts";
import { startPace } from "./pace.ts";
import { Recording } from "./record.ts";

/** The target of a load, its rate, and its number of streams. */
export interface GrpcLoadOptions {
  /** The gateway, without a path. */
  readonly url: string;
  /** The :authority of the calls. */
  readonly host: string;
  /** Unary calls per second, independent of how long the answers take (open loop). */
  readonly rps: number;
  /** The number of long-lived streams. The load reopens each that ends. */
  readonly streams?: number;
  /** The time after which the load ends a stream itself, 10 s by default: Contour cuts every call at 15 s. */
  readonly renewMs?: number;
}

/** The end of a stream that the load did not end itself. Instants are ms since the epoch. */
export interface StreamEnd {
  readonly at: number;
  /** OK if the server ended the stream, as an ending pod does; anything else is a break. */
  readonly code: status;
  readonly details: string;
  readonly pod: string;
  readonly version: string;
  readonly lastedMs: number;
  /** The number of messages received. */
  readonly messages: number;
}

/** A steady load of gRPC calls, whose rows hold gRPC codes (OK is 0), next to long-lived streams. */
export interface GrpcLoad extends Load {
  /** The streams that have ended since an instant, in order. */
  ended(from?: number): readonly StreamEnd[];
  /** The streams among them that broke. */
  broken(from?: number): readonly StreamEnd[];
  /** The version at the other end of each stream that is open. */
  followed(): readonly string[];
}

const TIMEOUT_MS = 10_000;
const LONGEST_STREAM_MS = 10_000;
const REOPEN_MS = 100;
// grpc-js treats a falsy message as no message at all.
const REQUEST = "hello";

/** Starts a load of gRPC calls over one connection, as gRPC clients use it. */
export function startGrpcLoad(options: GrpcLoadOptions): GrpcLoad {
  const { url, host, rps, streams = 0, renewMs = LONGEST_STREAM_MS } = options;
  const client = new Client(new URL(url).host, credentials.createInsecure(), {
    "grpc.default_authority": host,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_http_proxy": 0,
    "grpc.enable_retries": 0,
  });
  const recording = new Recording((code) => code === status.OK);
  const ends: StreamEnd[] = [];
  const open = new Map<object, string>();
  const stopped = new AbortController();
  for (let count = 0; count < streams; count++)
    keepFollowing({ client, ends, open, renewMs, signal: stopped.signal });
  const pace = startPace(rps, async () => {
    const at = performance.now();
    const answer = await say(client);
    recording.add({ at: performance.timeOrigin + at, latencyMs: performance.now() - at, ...answer });
  });

  const ended = (from = 0) => ends.filter(({ at }) => at >= from);
  return {
    rps,
    since: (from) => recording.summary(from),
    between: (from, to) => recording.summary(from, to),
    rows: (from, to) => recording.rows(from, to),
    at: pace.at,
    ended,
    broken: (from) => ended(from).filter(({ code }) => code !== status.OK),
    followed: () => [...open.values()],
    async stop() {
      stopped.abort();
      await pace.stop();
      client.close();
      return recording.summary();
    },
  };
}

interface Outcome {
  readonly status: number;
  readonly version: string;
  readonly pod: string;
}

function say(client: Client): Promise<Outcome> {
  const { path, requestSerialize, responseDeserialize } = echo.say;
  return new Promise((resolve) => {
    let answered = new Metadata();
    const done = (error: ServiceError | null) =>
      resolve({ status: error?.code ?? status.OK, ...identityOf(error?.metadata, answered) });
    const deadline = performance.timeOrigin + performance.now() + TIMEOUT_MS;
    client
      .makeUnaryRequest(path, requestSerialize, responseDeserialize, REQUEST, { deadline }, done)
      .on("metadata", (metadata: Metadata) => {
        answered = metadata;
      });
  });
}

interface Stream {
  readonly client: Client;
  readonly ends: StreamEnd[];
  /** The version at the other end of each open stream, by its call. */
  readonly open: Map<object, string>;
  readonly renewMs: number;
  readonly signal: AbortSignal;
}

function keepFollowing(stream: Stream): void {
  const { client, ends, open, renewMs, signal } = stream;
  if (signal.aborted) return;
  const { path, requestSerialize, responseDeserialize } = echo.follow;
  const started = performance.now();
  let answered = new Metadata();
  let messages = 0;
  const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, REQUEST);
  const cancel = () => call.cancel();
  signal.addEventListener("abort", cancel);
  let renewed = false;
  const renewal = setTimeout(() => {
    renewed = true;
    cancel();
  }, renewMs);
  call.on("metadata", (metadata: Metadata) => {
    answered = metadata;
    open.set(call, identityOf(undefined, metadata).version);
  });
  call.on("data", () => {
    messages += 1;
  });
  // The status below carries the same error.
  call.on("error", () => {});
  call.on("status", ({ code, details, metadata }) => {
    clearTimeout(renewal);
    open.delete(call);
    signal.removeEventListener("abort", cancel);
    if (signal.aborted) return;
    const now = performance.now();
    const at = performance.timeOrigin + now;
    const who = identityOf(metadata, answered);
    if (!renewed) ends.push({ at, code, details, ...who, lastedMs: now - started, messages });
    setTimeout(() => keepFollowing(stream), REOPEN_MS);
  });
}

/** The version and pod that answered: in the trailers of a failed call, else in the headers. */
function identityOf(trailing: Metadata | undefined, leading: Metadata): { version: string; pod: string } {
  const first = (key: string) => String(trailing?.get(key)[0] ?? leading.get(key)[0] ?? "");
  return { version: first("x-version"), pod: first("x-pod") };
}
