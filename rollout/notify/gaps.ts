const GAP = /\{\{\s*(\w+)\s*\}\}/g;

/** The names in the gaps of a text: `{{ namespace }}`. */
export function namesIn(text: string): readonly string[] {
  return [...text.matchAll(GAP)].map(([, name = ""]) => name);
}

/** The text with its gaps filled. What is filled in is not searched again. */
export function fillGaps(text: string, fill: (name: string) => string): string {
  return text.replaceAll(GAP, (_, name: string) => fill(name));
}
