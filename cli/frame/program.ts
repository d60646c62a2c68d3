import { CommanderError, Command as Parser } from "commander";
import { addFlags, type FlagValues } from "../../flags/program.ts";
import type { Command } from "./command.ts";
import { everyFlags } from "./kubectl-flags.ts";
import type { Streams } from "./terminal.ts";

/** A command line as it was read: what to run, or the code to exit with because help or an error is printed. */
export type ParsedLine =
  | {
      readonly command: Command;
      readonly flags: Readonly<Record<string, unknown>>;
      readonly every: FlagValues<typeof everyFlags>;
      readonly args: readonly string[];
    }
  | { readonly code: number };

/** Reads a command line. `program` is its name as the user types it: `kubectl serin`. */
export function parseLine(
  program: string,
  commands: readonly Command[],
  line: readonly string[],
  streams: Pick<Streams, "out" | "error">,
): ParsedLine {
  const every: Record<string, unknown> = {};
  const root = new Parser(program)
    .description("Canary releases of Deployments: see, order, check before, repair.")
    .usage("COMMAND [ARGUMENTS] [FLAGS]")
    .exitOverride()
    .configureOutput({ writeOut: streams.out, writeErr: streams.error })
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showSuggestionAfterError()
    .helpCommand("help [command]", "The help of a command.");
  addFlags(root, everyFlags, every);
  let found: Exclude<ParsedLine, { readonly code: number }> | undefined;
  for (const command of commands) {
    const flags: Record<string, unknown> = {};
    const parser = parserOf(root, command);
    addFlags(parser, command.flags, flags);
    parser.action(() => {
      found = { command, flags, every: every as FlagValues<typeof everyFlags>, args: parser.args };
    });
  }
  if (line.length === 0) {
    root.outputHelp();
    return { code: 0 };
  }
  try {
    root.parse(line, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { code: error.exitCode === 0 ? 0 : 1 };
  }
  return found ?? { code: 1 };
}

function parserOf(
  root: Parser,
  { name, aliases = [], about, more, group, examples = [], ...rest }: Command,
): Parser {
  const parser = root.command(name).description(more === undefined ? about : `${about}\n\n${more}`);
  parser
    .summary(about)
    .aliases([...aliases])
    .helpGroup(`${group}:`);
  if (rest.arguments !== undefined) parser.argument(shapeOf(rest.arguments), rest.arguments.about);
  const lines = examples.map(([line, does]) => `  ${does}:\n    ${root.name()} ${line}`);
  if (lines.length > 0) parser.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
  return parser;
}

function shapeOf({ name, count }: NonNullable<Command["arguments"]>): string {
  switch (count) {
    case "one":
      return `<${name}>`;
    case "some":
      return `<${name}...>`;
    case "any":
      return `[${name}...]`;
    default:
      return count satisfies never;
  }
}
