import type { GivenUpBounds } from "../gateways/metrics/given-up.ts";

/** Of a process that has just started. */
export const noneGivenUp: GivenUpBounds = { atLeast: 0, atMost: 0 };

/** The bound that is on the safe side: no healthy canary looks worse than it is, and no stable version better. */
const bounds = { canary: "atLeast", stable: "atMost" } as const;

/**
 * The highest bounds so far: what held once holds for ever. The lower one is never above the other one, even if a scrape is
 * newer for tries than for answers. At the first look at a process, up to `atMost` had been given up before: streams that are
 * open then and end later are no news.
 */
export function raise(before: GivenUpBounds | undefined, { atLeast, atMost }: GivenUpBounds): GivenUpBounds {
  if (before === undefined) return { atLeast: atMost, atMost };
  return {
    atLeast: Math.max(before.atLeast, Math.min(atLeast, atMost)),
    atMost: Math.max(before.atMost, atMost),
  };
}

/** The requests of one version that its bound shows more than before; 0 at the first look. */
export function moreGivenUp(
  arm: keyof typeof bounds,
  before: GivenUpBounds | undefined,
  now: GivenUpBounds,
): number {
  return before === undefined ? 0 : now[bounds[arm]] - before[bounds[arm]];
}
