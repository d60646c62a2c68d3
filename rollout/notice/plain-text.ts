/** A character that is not seen and keeps its neighbours from being read as one word. */
const BREAK = "\u200b";
/** Line ends, tabs and other characters that no sentence needs. */
const BLANKS = /[\p{Cc}\p{Zs}\p{Zl}\p{Zp}]+/gu;
/** Characters that turn the direction of the text around them, so that it reads as something else. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** How a channel writes one character so that it stands for itself. */
export type Escape = (character: string) => string;

/**
 * A text as a person may read it and no program acts on it: on one line, with no mention and no address that a chat turns
 * into a link. Tenants choose the names of images, the answers of their hooks and the messages of their pods.
 */
export function plainText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(TURNS, "")
    .replaceAll(BLANKS, " ")
    .trim()
    .replaceAll("@", `@${BREAK}`)
    .replaceAll("://", `:${BREAK}//`)
    .replaceAll(/\bwww\./gi, (www) => `${www.slice(0, -1)}${BREAK}.`);
}

/**
 * The text with every character escaped, in at most `most` UTF-16 units, which is how the channels count. The cut is never
 * inside a character or its escape.
 */
export function fitted(text: string, most: number, written: Escape = (character) => character): string {
  const pieces = [...text].map(written);
  const whole = pieces.join("");
  if (whole.length <= most) return whole;
  let kept = "";
  for (const piece of pieces) {
    if (kept.length + piece.length > most - 1) break;
    kept += piece;
  }
  return `${kept}…`;
}

/** As many whole lines as fit: a command that is cut would be another one. */
export function wholeLines(lines: readonly string[], most: number): readonly string[] {
  let left = most;
  return lines.filter((line) => {
    left -= line.length + 1;
    return left >= 0;
  });
}

/** For Slack, Google Chat and Grafana, which read `<` as the begin of a mention, a link or a tag. */
export const asHtml: Escape = (character) =>
  ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[character] ?? character;

/** For Discord and Mattermost. */
export const asMarkdown: Escape = (character) =>
  /[\\`*_{}[\]()#+\-!|~<>]/.test(character) ? `\\${character}` : character;

/** Within a code span, where nothing else is read; for Rocket.Chat, which knows no escape. */
export const asCode: Escape = (character) => (character === "`" ? "'" : character);
