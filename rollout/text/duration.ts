const units = [
  { name: "h", ms: 3_600_000, spoken: "h" },
  { name: "m", ms: 60_000, spoken: "min" },
  { name: "s", ms: 1_000, spoken: "s" },
  { name: "ms", ms: 1, spoken: "ms" },
] as const;

// At most six digits each: no sum leaves the safe integers.
const grammar = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?(?:(\d{1,6})ms)?$/;

/**
 * Reads a duration as Go and Prometheus write it (`90s`, `1m30s`, `5m`, `1h`, `200ms`), in milliseconds;
 * `undefined` for anything else, so also for numbers without a unit, fractions and negative values.
 */
export function parseDuration(text: string): number | undefined {
  const counts = grammar.exec(text)?.slice(1);
  if (counts === undefined || text === "") return undefined;
  return units.reduce((sum, unit, i) => sum + Number(counts[i] ?? 0) * unit.ms, 0);
}

/** Writes whole milliseconds in the syntax that `parseDuration` reads: `1m30s`. */
export function formatDuration(ms: number): string {
  const parts = split(ms).map(({ count, unit }) => `${count}${unit.name}`);
  return parts.join("") || "0s";
}

/** Writes whole milliseconds for a sentence: `1 min 30 s`. */
export function describeDuration(ms: number): string {
  const parts = split(ms).map(({ count, unit }) => `${count} ${unit.spoken}`);
  return parts.join(" ") || "0 s";
}

function split(ms: number): { count: number; unit: (typeof units)[number] }[] {
  let rest = ms;
  return units
    .map((unit) => {
      const count = Math.floor(rest / unit.ms);
      rest -= count * unit.ms;
      return { count, unit };
    })
    .filter(({ count }) => count > 0);
}
