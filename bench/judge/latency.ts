import type { Tick } from "../../rollout/judge/tick.ts";
import { binomial, type Random } from "./random.ts";
import { besideFailures, type Scenario } from "./streams.ts";

/** Latency is log-normal: of the median and the 99th percentile of the stable version, in seconds. */
interface Latency {
  readonly median: number;
  readonly p99: number;
  /** How many times as slow the canary is. */
  readonly slower: number;
  readonly failing: number;
}

/** In seconds; what `monitored` takes of the client libraries' default bounds for the latencies played here. */
const BOUNDARIES = [0.25, 0.5];
/** The 99th percentile of the standard normal distribution. */
const Z99 = 2.326;

/** Failures of the same rate in both versions, and latencies of which the canary's are `slower` times as long. */
export function withLatency(
  name: string,
  traffic: Parameters<typeof besideFailures>[1],
  latency: Latency,
): Scenario {
  const sigma = Math.log(latency.p99 / latency.median) / Z99;
  const tails = (times: number) =>
    BOUNDARIES.map((bound) => upperTail(Math.log(bound / (times * latency.median)) / sigma));
  const [canary, stable] = [tails(latency.slower), tails(1)];
  return besideFailures(name, traffic, latency.failing, (next, nc, ns) => {
    const [c, s] = [slowerThan(next, nc, canary), slowerThan(next, ns, stable)];
    return { slow: BOUNDARIES.map((_, i): Tick => [c[i] ?? 0, nc, s[i] ?? 0, ns]) };
  });
}

/** How many of `n` are beyond each boundary: those beyond the next one are among those beyond this one. */
function slowerThan(next: Random, n: number, tails: readonly number[]): readonly number[] {
  let [among, tail] = [n, 1];
  return tails.map((own) => {
    among = binomial(next, among, own / tail);
    tail = own;
    return among;
  });
}

/** The chance that a standard normal number is above `z` (Abramowitz and Stegun 26.2.17, to 7.5e-8). */
function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const poly = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153];
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly.reduce((sum, c) => (sum + c) * t, 0);
}
