import { repeatable } from "../../flags/flag.ts";
import { defineCommand } from "../frame/command.ts";
import { UsageError } from "../frame/failure.ts";
import { tellFindings } from "../lint/finding.ts";
import { lint } from "../lint/lint.ts";
import { readSources } from "../lint/read-files.ts";

export const lintCommand = defineCommand({
  name: "lint",
  group: "Before a rollout",
  about: "Checks annotations, profiles, metric templates and receivers in files, without a cluster.",
  more: "The exit code is 3 if there is an error. Preflight checks the rest, such as gateways.",
  flags: {
    filename: repeatable({
      short: "f",
      argument: "file",
      complete: "files",
      about: "A file, a folder, or - for the standard input. May be repeated.",
    }),
  },
  examples: [
    ["lint -f deploy/", "Check all manifests of a folder"],
    ["lint -f -", "Check what another program writes, such as helm template"],
  ],
  async run({ flags, terminal }) {
    if (flags.filename.length === 0) throw new UsageError("-f is missing: name a file, a folder, or -");
    return tellFindings(terminal, lint(await readSources(flags.filename, terminal.input)));
  },
});
