const LONGEST = 40;

/** A user's text for a message: short, on one line and without control characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}
