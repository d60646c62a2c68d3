import type { Tick } from "../../../../rollout/judge/tick.ts";
import { chance } from "../../../support/chance.ts";

/** The requests of both versions in one tick. */
export interface Scene {
  readonly canary: { readonly requests: number; readonly rate: number };
  readonly stable: { readonly requests: number; readonly rate: number };
}

/** One run of a seeded stream: each call plays the next tick, request by request. */
export function stream(seed: number): (scene: Scene) => Tick {
  const random = chance(seed);
  const bad = ({ requests, rate }: Scene["canary"]) => {
    let count = 0;
    for (let i = 0; i < requests; i += 1) if (random() < rate) count += 1;
    return count;
  };
  return ({ canary, stable }) => [bad(canary), canary.requests, bad(stable), stable.requests];
}

/** The share that chance exceeds in only one of a thousand cases, if the true share is `share`. */
export function threeSigma(share: number, runs: number): number {
  return share + 3 * Math.sqrt((share * (1 - share)) / runs);
}
