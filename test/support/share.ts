/** A copy of `next` without undefined fields. Every part that equals the same part of `before` is that very object. */
export function share(before: unknown, next: unknown): unknown {
  if (before === next || typeof next !== "object" || next === null) return next;
  const old = typeof before === "object" && before !== null ? (before as Record<string, unknown>) : {};
  if (Array.isArray(next)) {
    const copy = next.map((value, i) => share(old[i], value));
    const same = Array.isArray(before) && before.length === copy.length;
    return same && copy.every((value, i) => value === before[i]) ? before : copy;
  }
  const copy: Record<string, unknown> = {};
  let same = before === old && !Array.isArray(before);
  let kept = 0;
  for (const [key, value] of Object.entries(next)) {
    if (value === undefined) continue;
    copy[key] = share(old[key], value);
    kept += 1;
    same &&= copy[key] === old[key];
  }
  return same && kept === Object.keys(old).length ? before : copy;
}
