import { besideFailures, failures, type Scenario } from "./streams.ts";

/** Answers 4xx: the shares of both versions' requests that get one, independent of each other or many at a time. */
interface Refusals {
  readonly stable: number;
  readonly canary: number;
  /** Mean number of them that come together in one tick, as from a scanner; uniform from 1 up. */
  readonly burst: number;
  /** The share of both versions' requests that fail. */
  readonly failing: number;
}

/** Failures of the same rate in both versions, and 4xx answers. */
export function withRefusals(
  name: string,
  traffic: Parameters<typeof besideFailures>[1],
  refusals: Refusals,
): Scenario {
  const { failing, burst, canary, stable } = refusals;
  return besideFailures(name, traffic, failing, (next, nc, ns) => {
    const of = (n: number, rate: number) => failures(next, n, rate, burst);
    return { refused: [of(nc, canary), nc, of(ns, stable), ns] };
  });
}
