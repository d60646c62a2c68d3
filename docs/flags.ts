import { writeFileSync } from "node:fs";
import { cleanupProgram } from "../flags/cleanup.ts";
import { controllerProgram } from "../flags/controller.ts";
import type { Flag } from "../flags/flag.ts";
import { judgeProgram } from "../flags/judge.ts";
import { type Flags, type Program, usualText } from "../flags/program.ts";
import { webhookProgram } from "../flags/webhook.ts";

const programs: readonly (readonly [title: string, program: Program<Flags>])[] = [
  ["Webhook", webhookProgram],
  ["Controller", controllerProgram],
  ["Clean-up", cleanupProgram],
  ["Judge", judgeProgram],
];

/** Writes the reference of all flags, in Markdown, from the tables that parse them. */
export function flagsPage(): string {
  return `# Flags

<!-- Written by \`npm run docs\` from flags/. -->

Each program prints its flags with \`--help\`. A flag that is unknown or has an invalid value ends the program with exit
code 2.

${programs.map(section).join("\n\n")}
`;
}

function section([title, { command, about, argument, flags }]: (typeof programs)[number]): string {
  const rows = Object.entries(flags).map(row);
  const usage = [command, ...(argument ? [argument.name] : [])].join(" ");
  const table = ["| flag | default | meaning |", "|---|---|---|", ...rows].join("\n");
  const parts = [`## ${title}`, `\`${usage}\`: ${about}`];
  if (argument) parts.push(`\`${argument.name}\`: ${argument.about}`);
  return [...parts, ...(rows.length > 0 ? [table] : [])].join("\n\n");
}

function row([name, flag]: readonly [string, Flag<unknown>]): string {
  const usual = usualText(flag);
  const about = flag.alias === undefined ? flag.about : `${flag.about} \`--${flag.alias}\` is an older name.`;
  const shape = flag.argument === undefined ? `--${name}` : `--${name}=<${flag.argument}>`;
  return `| \`${shape}\` | ${usual === "" ? "" : flag.usualText ? usual : `\`${usual}\``} | ${about} |`;
}

if (import.meta.main) writeFileSync(new URL("flags.md", import.meta.url), flagsPage());
