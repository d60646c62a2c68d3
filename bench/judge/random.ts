/** Numbers in (0, 1), the same in every run (sfc32: with 128 bits of state no two streams meet). */
export type Random = () => number;

/** One stream of a seed. */
export function random(seed: number, stream: number): Random {
  let [a, b, c, counter] = [seed | 0, stream | 0, 0x9e3779b9 | 0, 1];
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return ((sum >>> 0) + 0.5) / 2 ** 32;
  };
  for (let i = 0; i < 15; i += 1) next();
  return next;
}

/** A number from the standard normal distribution (Box and Muller). */
export function normal(next: Random): number {
  return Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
}

/** How many of `n` trials succeed, each with chance `p`: exact, in constant time for large means. */
export function binomial(next: Random, n: number, p: number): number {
  if (n <= 0 || p <= 0) return 0;
  if (p > 0.5) return n - binomial(next, n, 1 - p);
  return n * p < 10 ? bySkipping(next, n, p) : byRejection(next, n, p);
}

/** From success to success; the distance is geometric. */
function bySkipping(next: Random, n: number, p: number): number {
  const logQ = Math.log1p(-p);
  let at = 0;
  for (let successes = 0; ; successes += 1) {
    at += Math.floor(Math.log(next()) / logQ) + 1;
    if (at > n) return successes;
  }
}

/** Hörmann's transformed rejection with squeeze (BTRS), J. Stat. Comput. Simul. 46, 1993. */
function byRejection(next: Random, n: number, p: number): number {
  const odds = p / (1 - p);
  const deviation = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const mode = Math.floor((n + 1) * p);
  for (;;) {
    const u = next() - 0.5;
    const v = next();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + n * p + 0.5);
    if (us >= 0.07 && v <= 0.92 - 4.2 / b) return k;
    if (k < 0 || k > n) continue;
    const bound =
      (mode + 0.5) * Math.log((mode + 1) / (odds * (n - mode + 1))) +
      (n + 1) * Math.log((n - mode + 1) / (n - k + 1)) +
      (k + 0.5) * Math.log((odds * (n - k + 1)) / (k + 1)) +
      (stirling(mode) + stirling(n - mode) - stirling(k) - stirling(n - k));
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= bound) return k;
  }
}

const FIRST = Array.from({ length: 10 }, (_, k) => {
  const logFactorial = Array.from({ length: k }, (_, i) => Math.log(i + 1)).reduce(
    (sum, log) => sum + log,
    0,
  );
  return logFactorial - (0.5 * Math.log(2 * Math.PI) + (k + 0.5) * Math.log(k + 1) - (k + 1));
});

/** The remainder of Stirling's formula for ln k!. */
function stirling(k: number): number {
  const square = (k + 1) ** 2;
  return FIRST[k] ?? (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1);
}
