/**
 * What an application pod does, told by the tag of its first container's image: `app:v2-err5-lat100`. The tokens
 * `errN` (percent, fractions allowed) and `latN` (ms) are the app's; `slowN` (seconds until Ready), `neverready`,
 * `crash` and `pull` are the kubelet's, see stages.ts.
 */
export interface AppImage {
  /** The tag without tokens, what the app reports as its version. */
  readonly version: string;
  /** The share of answers that are a 500, in percent. */
  readonly errorPercent: number;
  /** The time an answer takes, in ms. */
  readonly latencyMs: number;
}

const TOKEN = /^(?:(err|lat|slow)(\d+(?:\.\d+)?)|(neverready|crash|pull))$/;

/** Reads an image name; one without a tag has the version `latest`. */
export function parseImage(image: string): AppImage {
  const parts = (/:([^:/]+)$/.exec(image)?.[1] ?? "latest").split("-");
  const number = (token: string) =>
    Number(parts.map((part) => TOKEN.exec(part)).find((it) => it?.[1] === token)?.[2] ?? 0);
  const version = parts.filter((part, index) => index === 0 || !TOKEN.test(part)).join("-");
  return { version, errorPercent: number("err"), latencyMs: number("lat") };
}

/** Says whether an image is Serin's own, which runs as a real process: `serin` or `registry.example/serin:dev`. */
export function isSerinImage(image: string): boolean {
  return /(^|\/)serin[^/]*$/.test(image);
}
