import { styleText } from "node:util";

/** Where the demo is told: a terminal, or a pipe that gets no control characters and a live line only now and then. */
export interface ScreenOptions {
  readonly out: NodeJS.WriteStream;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** What is alive: lines for a terminal, and what a pipe gets instead every few seconds, or at once when it is news. */
export interface Live {
  readonly lines: readonly string[];
  readonly line: string;
  readonly news?: string;
}

const LEAST_MS_IN_A_PIPE = 3_000;
const MARGIN = "  ";

/** Lines that stay, and below them a few that are alive. */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly #now: () => number;
  #alive = 0;
  #lastAt = 0;

  constructor({ out, now }: ScreenOptions) {
    this.#out = out;
    this.#now = now;
  }

  /** A line that stays. What was alive goes. */
  say(line: string): void {
    this.#clear();
    this.#out.write(`${line}\n`);
  }

  title(text: string): void {
    this.say(`\n${styleText("bold", text)}\n`);
  }

  /** A command as a person types it. */
  command(args: string): void {
    this.say(`${MARGIN}${styleText("cyan", `$ kubectl ${args}`)}`);
  }

  /** Something to read beside it. */
  note(text: string): void {
    this.say(`${MARGIN}${styleText("dim", text)}`);
  }

  /** How something ended. */
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

  /** What is alive stays as it is. */
  freeze(): void {
    this.#alive = 0;
  }

  #clear(): void {
    if (this.#alive > 0) this.#out.write(`\u001b[${this.#alive}A\u001b[J`);
    this.#alive = 0;
  }
}

/** Breaks between words: a row that the terminal wraps itself could not be taken back. Styled lines are short enough. */
function wrap(line: string, width: number): string[] {
  if (line.length <= width || line.includes("\u001b")) return [line];
  const end = line.lastIndexOf(" ", width);
  const cut = end > 0 ? end : width;
  return [line.slice(0, cut), ...wrap(line.slice(cut).trimStart(), width)];
}
