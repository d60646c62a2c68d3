import type { Random } from "./random.ts";
import { failures, independent, type Rollout, type Scenario } from "./streams.ts";

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
  traffic: Parameters<typeof independent>[1],
  refusals: Refusals,
): Scenario {
  const { failing, burst } = refusals;
  const errors = independent(name, traffic, { stable: () => failing, canary: () => failing });
  const start = (next: Random): Rollout => {
    const { play, phi } = errors.start(next);
    return {
      phi,
      play: (tick) => {
        const observed = play(tick);
        const [, nc, , ns] = observed.errors;
        const of = (n: number, rate: number) => failures(next, n, rate, burst);
        return { ...observed, refused: [of(nc, refusals.canary), nc, of(ns, refusals.stable), ns] };
      },
    };
  };
  return { name, start };
}
