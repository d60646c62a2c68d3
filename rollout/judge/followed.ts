import type { Tick } from "./tick.ts";

/** When (ms) the canary got its first weight, and how the gateway followed it. */
interface Known {
  readonly since: number;
  readonly followed?: Followed | undefined;
  readonly errors: { readonly totals: Tick };
  /** The stable version's requests in the step. */
  readonly inStep: { readonly stable: number };
}

/** After how long (ms) the canary had its first requests, and how many of the stable version came before. */
interface Followed {
  readonly ms: number;
  readonly missed: number;
}

/** ln of a million: where so many requests miss the canary, it cannot be chance. */
const NO_CHANCE = Math.log(1e6);

/** Whether so many requests of the stable version show that none could reach a canary with this share (0 to 1). */
export function isNoChance(stable: number, share: number): boolean {
  // A request misses a canary with share w with a chance of 1 - w.
  return stable * -Math.log1p(-Math.min(share, 0.999)) >= NO_CHANCE;
}

/**
 * The first requests of the canary: when they came at the latest, and how many of the stable version came in whole ticks of the
 * step before them. Without such a tick, the gateway followed the weight faster than the ticks show.
 */
export function followedBy(
  { followed, since, errors, inStep }: Known,
  { at, requests }: { readonly at: number; readonly requests: number },
): { readonly followed?: Followed } {
  const [, before] = errors.totals;
  if (followed !== undefined || before > 0 || requests === 0 || inStep.stable === 0) return {};
  return { followed: { ms: at - since, missed: inStep.stable } };
}
