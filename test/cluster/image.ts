/**
 * The behaviour of an application pod, given by the tag of its first container's image: `app:v2-err0.9-spread280`. The
 * app acts on the tokens `errN` (percent, fractions allowed), `hangN` (percent), `statusN` and `grpcN` (a status), `latN` (ms), `spreadN` (ms) and `portN`. KWOK
 * acts on `slowN` (seconds until Ready), `neverready`, `crash` and `pull` (stages.ts).
 */
export interface AppImage {
  /** The tag without tokens, which the app reports as its version. */
  readonly version: string;
  /** The share of answers that are a failure, in percent. Each request is drawn independently. */
  readonly errorPercent: number;
  /** The share of HTTP requests that get no answer ever, in percent, drawn in the same way; absent: none. */
  readonly hangPercent?: number;
  /** The status of an answer that is a failure; absent: 500. */
  readonly status?: number;
  /** The gRPC status of a call that fails; INTERNAL by default. */
  readonly grpcStatus: number;
  /** The least time an answer takes, in ms. */
  readonly latencyMs: number;
  /** The 99th percentile of the additional time, in ms; its median is a quarter of that. */
  readonly spreadMs: number;
  /** The only port at which it answers HTTP; absent: the usual one. */
  readonly port?: number;
}

/** The app's reaction to one request. */
export interface Reaction {
  /** It never answers. */
  readonly hangs: boolean;
  readonly status: number;
  /** The status if the request is a gRPC call. */
  readonly grpcStatus: number;
  readonly latencyMs: number;
}

const INTERNAL = 13;
const TOKEN = /^(?:(err|hang|status|grpc|lat|spread|slow|port)(\d+(?:\.\d+)?)|(neverready|crash|pull))$/;
/** Makes a lognormal p99 four times its median: ln 4 divided by the 99th percentile of the normal distribution. */
const SIGMA = Math.log(4) / 2.326348;

/** Reads an image name; the version is `latest` if there is no tag. */
export function parseImage(image: string): AppImage {
  const parts = (/:([^:/]+)$/.exec(image)?.[1] ?? "latest").split("-");
  const number = (token: string) =>
    Number(parts.map((part) => TOKEN.exec(part)).find((it) => it?.[1] === token)?.[2] ?? 0);
  const version = parts.filter((part, index) => index === 0 || !TOKEN.test(part)).join("-");
  return {
    version,
    errorPercent: number("err"),
    ...(number("hang") > 0 && { hangPercent: number("hang") }),
    ...(number("status") > 0 && { status: number("status") }),
    grpcStatus: number("grpc") || INTERNAL,
    latencyMs: number("lat"),
    spreadMs: number("spread"),
    ...(number("port") > 0 && { port: number("port") }),
  };
}

/** Draws the reaction to one request; `random` gives numbers in [0, 1). Failure and latency are independent. */
export function react(image: AppImage, random: () => number): Reaction {
  const { errorPercent, hangPercent = 0, status = 500, grpcStatus, latencyMs, spreadMs } = image;
  const fails = random() * 100 < errorPercent;
  return {
    // Other images draw as many numbers as ever.
    hangs: hangPercent > 0 && random() * 100 < hangPercent,
    status: fails ? status : 200,
    grpcStatus: fails ? grpcStatus : 0,
    latencyMs: latencyMs + (spreadMs / 4) * Math.exp(SIGMA * normal(random)),
  };
}

/** The images whose pods are real processes: Serin's own, such as `registry.example/serin:dev`, node's, and those of gateways. */
export const PROCESSES = "(^|/)(serin|node:)[^/]*$|(^|/)(envoyproxy|istio)/";

/** Whether an image is that of Istio's proxy. */
export function isIstioImage(image: string): boolean {
  return /(^|\/)istio\//.test(image);
}

/** Whether the pods of an image are real processes. */
export function isProcess(image: string): boolean {
  return new RegExp(PROCESSES).test(image);
}

/** Whether an image has node for its program: Serin's own, and node's. */
export function isNodeImage(image: string): boolean {
  return /(^|\/)(serin|node:)[^/]*$/.test(image);
}

/** A standard normal number (Box and Muller). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
