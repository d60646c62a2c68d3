import { defineCommand } from "../frame/command.ts";
import { exitCode } from "../frame/exit-code.ts";
import { judgeText } from "../judge-text.ts";
import { readSources } from "../lint/read-files.ts";

/** Replays an incident, or tries another tolerance. */
export const judgeCommand = defineCommand({
  name: "judge",
  group: "See",
  about: "Judges the ticks of a JSON file as the controller does.",
  more: "docs/judge.md describes the file. The verdict is JSON; the exit code is 0 for every verdict.",
  arguments: {
    name: "FILE",
    about: "The file with the ticks; - reads the standard input.",
    count: "one",
    complete: "files",
  },
  flags: {},
  examples: [["judge incident.json", "What the judge says of these counts"]],
  async run({ args: [file = "-"], terminal }) {
    for (const { name, text } of await readSources([file], terminal.input))
      terminal.say(judgeText(name, text));
    return exitCode.done;
  },
});
