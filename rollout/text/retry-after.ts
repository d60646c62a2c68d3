/** The two headers of an answer that tell a pause. */
interface PauseHeaders {
  readonly "retry-after"?: string | string[] | undefined;
  readonly date?: string | string[] | undefined;
}

/**
 * The pause of a Retry-After, in ms: seconds, or a date, which counts from the answer's own Date, because the server's clock wrote
 * both; `undefined` if it is neither.
 */
export function pauseIn({ "retry-after": header, date }: PauseHeaders): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(text.trim())
    ? Number(text) * 1_000
    : Date.parse(text) - Date.parse(String(date));
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
