import packageJson from "../../package.json" with { type: "json" };
import { defineCommand } from "../frame/command.ts";
import { exitCode } from "../frame/exit-code.ts";

/** The version of this program. */
export const pluginVersion: string = packageJson.version;

export const versionCommand = defineCommand({
  name: "version",
  group: "This program",
  about: "Prints the version of this program.",
  flags: {},
  async run({ terminal }) {
    terminal.say(`kubectl-serin ${pluginVersion}`);
    return exitCode.done;
  },
});
