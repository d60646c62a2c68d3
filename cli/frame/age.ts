const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
] as const;

/** A duration in ms as kubectl writes ages: its two largest units, `3d4h`, `12m`, `5s`. */
export function formatAge(ms: number): string {
  let left = Math.max(0, Math.floor(ms / 1000));
  const first = UNITS.findIndex(([, seconds]) => left >= seconds);
  if (first < 0) return "0s";
  const parts = UNITS.slice(first, first + 2).map(([unit, seconds]) => {
    const count = Math.floor(left / seconds);
    left -= count * seconds;
    return count === 0 ? "" : `${count}${unit}`;
  });
  return parts.join("");
}
