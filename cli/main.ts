/**
 * `kubectl serin`: the plugin for kubectl; from this repository `node cli/main.ts`. With `__complete` as its first word, it
 * completes the words after it.
 */
import { text } from "node:stream/consumers";
import { systemClock } from "../kube/core/clock.ts";
import { allCommands, commandsIn } from "./commands/registry.ts";
import { pluginVersion } from "./commands/version.ts";
import { completeLine } from "./complete.ts";
import { type Process, runLine } from "./frame/run.ts";

const { argv, env: environment, platform, stdin, stdout, stderr } = process;
const [first, ...words] = argv.slice(2);

// `kubectl serin status | head` closes the pipe early.
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

// The terminal may be gone, and a command may still have to clean up.
stderr.on("error", () => {});

const own: Process = {
  program: "kubectl serin",
  line: argv.slice(2),
  place: { isTty: stdout.isTTY === true, columns: stdout.columns, environment, platform },
  streams: {
    out: (sentence) => stdout.write(sentence),
    error: (sentence) => stderr.write(sentence),
    input: () => text(stdin),
  },
  clock: systemClock,
  version: pluginVersion,
};

async function main(): Promise<void> {
  if (first === "__complete") await completeLine(await allCommands(), words, own);
  else process.exitCode = await runLine(await commandsIn(own.line), own);
}

// The bundle is CommonJS, which has no `await` outside a function.
void main();
