/**
 * A record out of an annotation; none where its text is another one's. Admission guards only what is opted in or in flight:
 * on anything else anybody may write anything under our keys, and one object must not keep others from being looked at.
 */
export function readRecord<T>(
  text: string | undefined,
  isOurs: (value: unknown) => value is T,
): T | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isOurs(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether JSON is a list of these. */
export function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

/** Whether it is a time in RFC 3339. */
export function isInstant(value: unknown): value is string {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}
