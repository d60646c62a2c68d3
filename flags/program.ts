import { Command, CommanderError, Option } from "commander";
import type { Flag } from "./flag.ts";

/** The flags of a program by name, without the dashes. */
export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** A program: how it is run, and its flags. */
export interface Program<F extends Flags> {
  /** The command that runs it. */
  readonly command: string;
  readonly about: string;
  readonly flags: F;
}

/** The value of each flag. */
export type FlagValues<F extends Flags> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** The parser's output; by default the streams of the process. */
export interface Output {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/** The exit code for a command line that is not valid. */
const USAGE_ERROR = 2;

/**
 * Reads the command line. Writes help or an error and calls `exit` with 0 or 2 where the program cannot run.
 */
export function parseFlags<F extends Flags>(
  program: Program<F>,
  args: readonly string[],
  exit: (code: number) => never,
  output?: Output,
): FlagValues<F> {
  const values: Record<string, unknown> = {};
  const command = commandOf(program, values);
  command.exitOverride();
  if (output) command.configureOutput({ writeOut: output.out, writeErr: output.error });
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return exit(error.exitCode === 0 ? 0 : USAGE_ERROR);
  }
  return values as FlagValues<F>;
}

function commandOf<F extends Flags>(program: Program<F>, values: Record<string, unknown>): Command {
  const command = new Command(program.command).description(program.about).showSuggestionAfterError();
  addFlags(command, program.flags, values);
  return command;
}

/** Adds flags to a command of the parser. Their values are in `values` after the command line is parsed. */
export function addFlags(command: Command, flags: Flags, values: Record<string, unknown>): void {
  command.helpOption("-h, --help", "Print this help.");
  for (const [name, flag] of Object.entries(flags)) {
    values[name] = flag.usual;
    const take = (text: string) => {
      const value = flag.read(text, values[name]);
      if (value === undefined)
        command.error(`error: --${name}: invalid value ${JSON.stringify(text)}: ${flag.use}`);
      values[name] = value;
    };
    command.addOption(optionOf(name, flag)).on(`option:${name}`, (text: string | null) => take(text ?? ""));
    if (flag.alias === undefined) continue;
    command.addOption(optionOf(flag.alias, flag).hideHelp()).on(`option:${flag.alias}`, take);
  }
}

function optionOf(name: string, flag: Flag<unknown>): Option {
  const usual = usualText(flag);
  const about = usual === "" ? flag.about : `${flag.about} Default: ${usual}.`;
  const long = flag.short === undefined ? `--${name}` : `-${flag.short}, --${name}`;
  return new Option(flag.argument === undefined ? long : `${long} <${flag.argument}>`, about);
}

/** The usual value as people read it; empty for a switch and for a list. */
export function usualText({ usual, usualText: text }: Flag<unknown>): string {
  if (text !== undefined) return text;
  return typeof usual === "string" || typeof usual === "number" ? String(usual) : "";
}
