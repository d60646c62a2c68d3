/** Powers of ten and of two that the suffixes of a Kubernetes quantity stand for. */
const SUFFIXES: Readonly<Record<string, readonly [tens: number, twos: number]>> = {
  n: [-9, 0],
  u: [-6, 0],
  m: [-3, 0],
  "": [0, 0],
  k: [3, 0],
  M: [6, 0],
  G: [9, 0],
  T: [12, 0],
  P: [15, 0],
  E: [18, 0],
  Ki: [0, 10],
  Mi: [0, 20],
  Gi: [0, 30],
  Ti: [0, 40],
  Pi: [0, 50],
  Ei: [0, 60],
};
/** No quantity of the API server is longer, and a greater power would only cost time: tenants write these texts. */
const LONGEST = 64;
const GREATEST_POWER = 30;

/** The value of a Kubernetes quantity (`500m`, `1Gi`, `1e3`) in billionths, rounded up as the API server does; `undefined` for any other text. */
export function billionths(text: string): bigint | undefined {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text);
  if (parts === null || text.length > LONGEST) return undefined;
  const [, sign, whole = "", fraction = "", exponent, suffix = ""] = parts;
  const [tens, twos] = exponent === undefined ? (SUFFIXES[suffix] ?? [0, 0]) : [Number(exponent), 0];
  if (whole + fraction === "" || Math.abs(tens) > GREATEST_POWER) return undefined;
  const power = 9 + tens - fraction.length;
  const digits = BigInt(whole + fraction) * 2n ** BigInt(twos);
  const value = power >= 0 ? digits * 10n ** BigInt(power) : roundUp(digits, 10n ** BigInt(-power));
  return sign === "-" ? -value : value;
}

function roundUp(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}
