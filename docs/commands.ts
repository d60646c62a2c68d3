import { writeFileSync } from "node:fs";
import { allCommands } from "../cli/commands/registry.ts";
import type { Command, CommandGroup } from "../cli/frame/command.ts";
import { everyFlags } from "../cli/frame/kubectl-flags.ts";
import { flagTable } from "./flags.ts";

const commands = await allCommands();

/** Writes the reference of `kubectl serin`, in Markdown, from the table that its parser, help and completion use. */
export function commandsPage(): string {
  const groups = [...new Set(commands.map(({ group }) => group))];
  return `# Commands of \`kubectl serin\`

<!-- Written by \`npm run docs\` from cli/commands/. -->

\`kubectl serin COMMAND --help\` prints the same. Flags come after \`serin\`, because kubectl takes none before a plugin's
name. The exit codes are 0 for done, 1 for an error, 2 for a time limit that is over, 3 for a fault that was found or a
version that was rolled back, 4 for a version that another one replaced, and 130 after an interrupt.

${groups.map(groupSection).join("\n\n")}

## Flags of every command

${flagTable(everyFlags)}
`;
}

function groupSection(group: CommandGroup): string {
  return [`## ${group}`, ...commands.filter((one) => one.group === group).map(commandSection)].join("\n\n");
}

function commandSection({ name, aliases = [], about, more, flags, examples = [], ...rest }: Command): string {
  const shape = rest.arguments && ` ${rest.arguments.name}${rest.arguments.count === "one" ? "" : "…"}`;
  const also = aliases.length === 0 ? "" : ` Also \`${aliases.join("`, `")}\`.`;
  const lines = examples.map(([line, does]) => `kubectl serin ${line}   # ${does}`);
  return [
    `### \`${name}${shape ?? ""}\``,
    `${about}${more === undefined ? "" : ` ${more}`}${also}`,
    ...(rest.arguments ? [`\`${rest.arguments.name}\`: ${rest.arguments.about}`] : []),
    ...(lines.length > 0 ? [["```sh", ...lines, "```"].join("\n")] : []),
    ...(Object.keys(flags).length > 0 ? [flagTable(flags)] : []),
  ].join("\n\n");
}

if (import.meta.main) writeFileSync(new URL("commands.md", import.meta.url), commandsPage());
