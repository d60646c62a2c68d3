/**
 * What an application pod does, told by the tag of its first container's image: `app:v2-err0.9-spread280`. The tokens
 * `errN` (percent, fractions allowed), `grpcN` (a status), `latN` (ms) and `spreadN` (ms) are the app's; `slowN` (seconds
 * until Ready), `neverready`, `crash` and `pull` are the kubelet's, see stages.ts.
 */
export interface AppImage {
  /** The tag without tokens, what the app reports as its version. */
  readonly version: string;
  /** The share of answers that are a 500, in percent; each request has a die of its own. */
  readonly errorPercent: number;
  /** The gRPC status of a call that fails; INTERNAL unless told otherwise. */
  readonly grpcStatus: number;
  /** The least time an answer takes, in ms. */
  readonly latencyMs: number;
  /** The 99th percentile of the time on top of that, in ms; the median is a quarter of it. */
  readonly spreadMs: number;
}

/** What the app does with one request. */
export interface Reaction {
  readonly status: 200 | 500;
  /** The same for a gRPC call. */
  readonly grpcStatus: number;
  readonly latencyMs: number;
}

const INTERNAL = 13;
const TOKEN = /^(?:(err|grpc|lat|spread|slow)(\d+(?:\.\d+)?)|(neverready|crash|pull))$/;
/** What makes a lognormal p99 four times its median: ln 4 over the 99th percentile of the normal distribution. */
const SIGMA = Math.log(4) / 2.326348;

/** Reads an image name; one without a tag has the version `latest`. */
export function parseImage(image: string): AppImage {
  const parts = (/:([^:/]+)$/.exec(image)?.[1] ?? "latest").split("-");
  const number = (token: string) =>
    Number(parts.map((part) => TOKEN.exec(part)).find((it) => it?.[1] === token)?.[2] ?? 0);
  const version = parts.filter((part, index) => index === 0 || !TOKEN.test(part)).join("-");
  return {
    version,
    errorPercent: number("err"),
    grpcStatus: number("grpc") || INTERNAL,
    latencyMs: number("lat"),
    spreadMs: number("spread"),
  };
}

/** Throws the dice for one request; `random` gives numbers in [0, 1). Failures and latencies know nothing of each other. */
export function react(image: AppImage, random: () => number): Reaction {
  const { errorPercent, grpcStatus, latencyMs, spreadMs } = image;
  const fails = random() * 100 < errorPercent;
  return {
    status: fails ? 500 : 200,
    grpcStatus: fails ? grpcStatus : 0,
    latencyMs: latencyMs + (spreadMs / 4) * Math.exp(SIGMA * normal(random)),
  };
}

/** Says whether an image is Serin's own, which runs as a real process: `serin` or `registry.example/serin:dev`. */
export function isSerinImage(image: string): boolean {
  return /(^|\/)serin[^/]*$/.test(image);
}

/** A standard normal number (Box and Muller). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
