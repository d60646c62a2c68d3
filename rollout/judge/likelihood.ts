import { isComparable, type Tick } from "./tick.ts";

/**
 * The evidence of one tick that the canary is `r` times as bad as the stable version, rather than `r0` times and `delta`
 * (a share of the canary's requests) more. With
 *
 *     B = (r0 nc + ns) / (r nc + ns)     A = (r / r0) B     l = xc ln A + xs ln B − nc delta (A − 1)
 *
 * exp(l) has an expectation of at most 1 while the canary's rate is at most r0 · stable + delta (for r > r0; at least
 * that, for r < r0), whatever the stable rate and the traffic are: 1 + y ≤ e^y bounds E[A^xc B^xs] by
 * exp(nc pc (A − 1) + ns ps (B − 1)), and B is chosen so that ps cancels. Hence products over ticks are test
 * supermartingales, and by Ville's inequality they ever reach 1/alpha with a chance of at most alpha.
 *
 * 0 if one of the versions served no requests. Bad counts above their totals count as the totals. Needs r, r0 > 0.
 */
export function logLikelihoodRatio(tick: Tick, r: number, r0: number, delta: number): number {
  if (!isComparable(tick)) return 0;
  const { logR, room } = tiltOf(tick, r, r0);
  return logR + delta * room;
}

/**
 * The same in two parts, of which delta changes neither: `l = logR + delta · room`, room = nc (1 − A). The tick must be
 * comparable.
 */
export function tiltOf([xc, nc, xs, ns]: Tick, r: number, r0: number): { logR: number; room: number } {
  // A − 1 and B − 1 in closed form: the differences would lose their digits if one version gets almost all requests.
  const expected = r * nc + ns;
  const a = ((r - r0) * ns) / (r0 * expected);
  const b = ((r0 - r) * nc) / expected;
  return {
    logR: Math.min(xc, nc) * Math.log1p(a) + Math.min(xs, ns) * Math.log1p(b),
    room: -nc * a,
  };
}
