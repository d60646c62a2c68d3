import { styleText } from "node:util";

/** Where the demo is told: a terminal, or a pipe that gets no control characters and a live line only now and then. */
export interface ScreenOptions {
  readonly out: NodeJS.WriteStream;
  /** ms since the epoch. */
  readonly now: () => number;
}

const LEAST_MS_IN_A_PIPE = 3_000;
const MARGIN = "  ";

/** Lines that stay, and below them a few that are alive. */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly #now: () => number;
  #alive = 0;
  #lastLine = "";
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

  /** Replaces the live lines; a pipe gets `line` instead, when it is news or some seconds have passed. */
  live(lines: readonly string[], line: string, isNews = false): void {
    if (this.#out.isTTY) {
      this.#clear();
      const width = this.#out.columns - MARGIN.length - 1;
      for (const each of lines) this.#out.write(`${MARGIN}${fit(each, width)}\n`);
      this.#alive = lines.length;
      return;
    }
    if (line === this.#lastLine || (!isNews && this.#now() - this.#lastAt < LEAST_MS_IN_A_PIPE)) return;
    this.#out.write(`${MARGIN}${line}\n`);
    this.#lastLine = line;
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

/** Cut to one row of the terminal: a wrapped line could not be taken back. Styled text is short enough. */
function fit(line: string, width: number): string {
  return line.length <= width || line.includes("\u001b") ? line : `${line.slice(0, width - 1)}…`;
}
