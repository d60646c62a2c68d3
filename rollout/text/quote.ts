const LONGEST = 40;

/** A piece of what people wrote, for a message: short, on one line and without control characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}
