import { styleText } from "node:util";

/** The output of the demo: a terminal, or a pipe, which gets no control characters and fewer live lines. */
export interface ScreenOptions {
  readonly out: NodeJS.WriteStream;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** The live lines of a terminal. A pipe gets `line` every few seconds instead, or at once with `news`. */
export interface Live {
  readonly lines: readonly string[];
  readonly line: string;
  readonly news?: string;
}

const LEAST_MS_IN_A_PIPE = 3_000;
const MARGIN = "  ";

/** Prints lines that stay, and below them a few live lines that it replaces. */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly #now: () => number;
  #alive = 0;
  #lastAt = 0;

  constructor({ out, now }: ScreenOptions) {
    this.#out = out;
    this.#now = now;
  }

  /** Prints a line that stays, and removes the live lines. */
  say(line: string): void {
    this.#clear();
    this.#out.write(`${line}\n`);
  }

  title(text: string): void {
    this.say(`\n${styleText("bold", text)}\n`);
  }

  /** Prints a command as a user types it. */
  command(args: string): void {
    this.say(`${MARGIN}${styleText("cyan", `$ kubectl ${args}`)}`);
  }

  /** Prints a remark. */
  note(text: string): void {
    this.say(`${MARGIN}${styleText("dim", text)}`);
  }

  /** Prints how something ended. */
  result(good: boolean, text: string): void {
    this.say(`${MARGIN}${good ? styleText("green", "✓") : styleText("red", "✗")} ${text}`);
  }

  /** Replaces the live lines. */
  live({ lines, line, news }: Live): void {
    if (this.#out.isTTY) {
      const rows = lines.flatMap((each) => wrap(each, this.#out.columns - MARGIN.length - 1));
      this.#clear();
      this.#out.write(rows.map((row) => `${MARGIN}${row}\n`).join(""));
      this.#alive = rows.length;
      return;
    }
    if (news === undefined && this.#now() - this.#lastAt < LEAST_MS_IN_A_PIPE) return;
    this.#out.write(`${MARGIN}${line}\n${news ? `${MARGIN}${news}\n` : ""}`);
    this.#lastAt = this.#now();
  }

  /** Keeps the live lines as they are. */
  freeze(): void {
    this.#alive = 0;
  }

  #clear(): void {
    if (this.#alive > 0) this.#out.write(`\u001b[${this.#alive}A\u001b[J`);
    this.#alive = 0;
  }
}

/** Breaks between words: `#clear` cannot count rows that the terminal wraps itself. Styled lines are short enough. */
function wrap(line: string, width: number): string[] {
  if (line.length <= width || line.includes("\u001b")) return [line];
  const end = line.lastIndexOf(" ", width);
  const cut = end > 0 ? end : width;
  return [line.slice(0, cut), ...wrap(line.slice(cut).trimStart(), width)];
}
