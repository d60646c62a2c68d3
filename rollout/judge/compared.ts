import { type Counts, type Increments, slowerThan } from "./counters.ts";
import type { Tick } from "./tick.ts";

type Both = Increments["counts"];

/** Failures. */
export function failedTick({ canary, stable }: Both): Tick {
  return [canary.failed, canary.total, stable.failed, stable.total];
}

/** 4xx answers. */
export function refusedTick({ canary, stable }: Both): Tick {
  return [canary.refused, canary.total, stable.refused, stable.total];
}

/** Requests without an answer, where the gateway tells of them apart from those that it counts. */
export function unansweredTick({ canary, stable }: Both): Tick | undefined {
  const of = ({ givenUp, total }: Counts) =>
    givenUp === undefined ? undefined : ([givenUp, total + givenUp] as const);
  const [c, s] = [of(canary), of(stable)];
  return c && s && [...c, ...s];
}

/** Requests above one latency bound (s). */
export function slowTick({ canary, stable }: Both, bound: number): Tick {
  const [c, s] = [slowerThan(canary, bound), slowerThan(stable, bound)];
  return [c.slow, c.total, s.slow, s.total];
}
