import { toggle } from "../../flags/flag.ts";
import { installCompletion } from "../completion/install.ts";
import { scripts, shells } from "../completion/scripts.ts";
import { defineCommand } from "../frame/command.ts";
import { exitCode } from "../frame/exit-code.ts";
import { UsageError } from "../frame/failure.ts";

export const completionCommand = defineCommand({
  name: "completion",
  group: "This program",
  about: "Makes a shell complete this program's commands, flags and Deployments.",
  more: "With --install, kubectl's own completion completes the words after `kubectl serin`. The script of a shell is for the program kubectl-serin by its own name.",
  arguments: {
    name: "SHELL",
    about: "The shell whose script is printed: bash, zsh, fish or powershell.",
    count: "any",
    complete: shells,
  },
  flags: {
    install: toggle({
      about:
        "Write the program kubectl_complete-serin beside kubectl-serin, unless it is there. The npm package has it already.",
    }),
  },
  examples: [
    [
      "completion --install",
      "Let kubectl complete kubectl serin, after an installation by krew or from an archive",
    ],
    ["completion bash", "Print the script that completes kubectl-serin in bash"],
  ],
  async run({ flags, args, terminal, place }) {
    const [name, ...more] = args;
    const shell = shells.find((each) => each === name);
    const isOne = flags.install ? name === undefined : shell !== undefined && more.length === 0;
    if (!isOne) throw new UsageError(`use one of ${shells.join(", ")}, or --install alone`);
    if (shell !== undefined) terminal.out(scripts[shell]);
    else {
      const { path, isOld } = installCompletion(place);
      terminal.say(`${path} ${isOld ? "was there already" : "was written"}`);
    }
    return exitCode.done;
  },
});
