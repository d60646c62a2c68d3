import { writeFileSync } from "node:fs";
import { controllerProgram } from "../flags/controller.ts";
import { dashboardProgram } from "../flags/dashboard.ts";
import type { Flag } from "../flags/flag.ts";
import { type Flags, type Program, usualText } from "../flags/program.ts";
import { webhookProgram } from "../flags/webhook.ts";

const programs: readonly (readonly [title: string, program: Program<Flags>])[] = [
  ["Webhook", webhookProgram],
  ["Controller", controllerProgram],
  ["Dashboard", dashboardProgram],
];

/** Writes the reference of all flags, in Markdown, from the tables that parse them. */
export function flagsPage(): string {
  return `# Flags

<!-- Written by \`npm run docs\` from flags/. -->

Each program of the cluster prints its flags with \`--help\`. A flag that is unknown or has an invalid value ends the
program with exit code 2. [Another page](commands.md) has those of \`kubectl serin\`.

${programs.map(section).join("\n\n")}
`;
}

function section([title, { command, about, flags }]: (typeof programs)[number]): string {
  return [`## ${title}`, `\`${command}\`: ${about}`, flagTable(flags)].join("\n\n");
}

/** A table of flags with their defaults, in Markdown. */
export function flagTable(flags: Flags): string {
  return ["| flag | default | meaning |", "|---|---|---|", ...Object.entries(flags).map(row)].join("\n");
}

function row([name, flag]: readonly [string, Flag<unknown>]): string {
  const usual = usualText(flag);
  const about = flag.alias === undefined ? flag.about : `${flag.about} \`--${flag.alias}\` is an older name.`;
  const short = flag.short === undefined ? "" : `-${flag.short}, `;
  const shape = `${short}--${name}${flag.argument === undefined ? "" : `=<${flag.argument}>`}`;
  return `| \`${shape}\` | ${usual === "" ? "" : flag.usualText ? usual : `\`${usual}\``} | ${about} |`;
}

if (import.meta.main) writeFileSync(new URL("flags.md", import.meta.url), flagsPage());
