import { noTick, type Tick } from "./tick.ts";

/** Below this ratio of the shares, chance decides how a tick divides. */
const LEAST_RATIO = 1.5;

/**
 * What the tick in which a step began says about the step's weight. The canary's requests from before the step must not
 * count: at the old weight it may have been good. How many they are shows in the canary's share of that tick, which lies
 * between its share in the last whole tick of the step before (`before`) and its share in the step's first whole tick. Chance
 * moves these shares, so the canary has a standard deviation less. Its failures and the stable version's requests count whole:
 * a failure too many only lowers the evidence, and the stable version is the same before and after.
 */
export function laterPart([xc, nc, xs, ns]: Tick, before: Tick, whole: Tick): Tick {
  const [old, share] = [shareOf(before), shareOf(whole)];
  if (share < LEAST_RATIO * old) return noTick;
  const expected = old * (nc + ns);
  const beyond = nc - expected - Math.sqrt(nc + expected);
  const later = Math.floor(Math.min(nc, beyond / (1 - old / share)));
  return later > 0 ? [xc, Math.max(xc, later), xs, ns] : noTick;
}

/** The canary's share (0 to 1) of the requests of a comparable tick. */
function shareOf([, nc, , ns]: Tick): number {
  return nc / (nc + ns);
}
