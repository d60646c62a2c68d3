import stringWidth from "string-width";
import { cutTo } from "../frame/table.ts";
import type { Paint, Terminal } from "../frame/terminal.ts";

/** A part of a line in one colour. */
export type Span = string | readonly [text: string, paint: Paint];

/** What a screen needs of a terminal: it prints nothing itself. */
export type Surface = Pick<Terminal, "columns" | "isUnicode" | "paint">;

/** The characters beyond ASCII that the screens use, each with one of the same width for terminals that lack it. */
const PLAIN: Readonly<Record<string, string>> = {
  ...{ "█": "#", "▒": "-", "→": ">", "·": ",", "…": "~", "–": "-", "├": "|", "└": "`", "─": "-" },
  ...{ "✔": "+", "✖": "x", "◑": ">", "‖": "=" },
};

/** One line, cut at the terminal's width before it is coloured; control characters of foreign texts become blanks. */
export function line({ columns, isUnicode, paint }: Surface, ...spans: readonly Span[]): string {
  let left = columns;
  let made = "";
  for (const span of spans) {
    const [given, colour] = typeof span === "string" ? [span, undefined] : span;
    const whole = plain(given, isUnicode);
    const text = cutTo(whole, left, isUnicode ? "…" : "~");
    left -= stringWidth(text);
    made += colour === undefined || text === "" ? text : paint(colour, text);
    if (text !== whole || left <= 0) break;
  }
  return made.trimEnd();
}

/** A sentence over several lines: `first` begins the first one, and as many blanks the others. */
export function paragraph(surface: Surface, first: string, sentence: string): readonly string[] {
  const indent = " ".repeat(stringWidth(first));
  const room = Math.max(10, surface.columns - indent.length);
  const lines: string[] = [];
  for (const word of plain(sentence, surface.isUnicode).split(" ")) {
    const last = lines.at(-1);
    const joined = `${last} ${word}`;
    if (last !== undefined && stringWidth(joined) <= room) lines[lines.length - 1] = joined;
    else lines.push(...pieces(word, room));
  }
  return lines.map((text, i) => line(surface, i === 0 ? first : indent, text));
}

/** The parts of a word that is longer than a line, such as a query. */
function pieces(word: string, room: number): readonly string[] {
  if (stringWidth(word) <= room) return [word];
  const first = cutTo(word, room, "");
  return first === "" ? [word] : [first, ...pieces(word.slice(first.length), room)];
}

function plain(text: string, isUnicode: boolean): string {
  const visible = text.replaceAll(/\p{Cc}/gu, " ");
  return isUnicode ? visible : visible.replaceAll(/[^ -~]/gu, (one) => PLAIN[one] ?? "?");
}
