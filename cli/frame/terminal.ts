import { styleText } from "node:util";

/** What the process knows of the place to which it prints. */
export interface TerminalPlace {
  readonly isTty: boolean;
  /** Columns; absent where the output is not a terminal, and 0 where a terminal does not know its size. */
  readonly columns?: number | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
}

export interface TerminalFlags {
  readonly color: "auto" | "always" | "never";
  readonly ascii: boolean;
}

/** The streams of the process; texts are written as they are. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Reads the standard input to its end. */
  readonly input: () => Promise<string>;
}

export type Paint = "red" | "green" | "yellow" | "cyan" | "dim" | "bold";

/** The signs that stand beside a word for a state; a colour alone says nothing. */
const signs = {
  good: ["✔", "+", "green"],
  bad: ["✖", "x", "red"],
  warning: ["!", "!", "yellow"],
  going: ["◑", ">", "cyan"],
  waiting: ["‖", "=", "yellow"],
  none: ["–", "-", "dim"],
} as const;

export type Sign = keyof typeof signs;

/** Where a command prints, and how. */
export interface Terminal extends Streams {
  readonly isTty: boolean;
  /** The widest line, in columns. */
  readonly columns: number;
  /** Whether characters beyond ASCII may be printed. */
  readonly isUnicode: boolean;
  /** Writes a line to the standard output. */
  say(line: string): void;
  /** Writes a line to the standard error. */
  tell(line: string): void;
  /** The text in this colour, or as it is where colours are off. */
  paint(how: Paint, text: string): string;
  /** The sign of a state, in its colour. */
  sign(of: Sign): string;
}

/** The width of a file, a pipe or a terminal of unknown size, in columns. */
const USUAL_COLUMNS = 100;

/** Prints to these streams in the way that the place and the flags ask for. */
export function terminalAt(place: TerminalPlace, flags: TerminalFlags, streams: Streams): Terminal {
  const { environment } = place;
  const colours = flags.color === "always" || (flags.color === "auto" && likesColours(place));
  const isUnicode = !flags.ascii && speaksUnicode(place);
  const paint = (how: Paint, text: string) =>
    colours ? styleText(how, text, { validateStream: false }) : text;
  const columns = place.columns || Number(environment.COLUMNS) || USUAL_COLUMNS;
  return {
    ...streams,
    isTty: place.isTty,
    columns,
    isUnicode,
    say: (line) => streams.out(`${line}\n`),
    tell: (line) => streams.error(`${line}\n`),
    paint,
    sign: (of) => {
      const [unicode, ascii, colour] = signs[of];
      return paint(colour, isUnicode ? unicode : ascii);
    },
  };
}

/**
 * The terminal for a table or a diff: in a pipe, or if the user asks for it, its lines are whole, as those of kubectl are, so
 * that grep finds what they say.
 */
export function tableTerminal(terminal: Terminal, isWide: boolean): Terminal {
  return terminal.isTty && !isWide ? terminal : { ...terminal, columns: Infinity };
}

/** https://no-color.org: any text in NO_COLOR turns colours off. */
function likesColours({ isTty, environment }: TerminalPlace): boolean {
  return isTty && !environment.NO_COLOR && environment.TERM !== "dumb";
}

function speaksUnicode({ environment, platform }: TerminalPlace): boolean {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || "";
  return platform === "win32" || /utf-?8/i.test(locale);
}
