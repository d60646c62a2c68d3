#!/usr/bin/env node
/** `kubectl serin`: the plugin for kubectl; from this repository `node cli/main.ts`. */
import { text } from "node:stream/consumers";
import { systemClock } from "../kube/core/clock.ts";
import { commands } from "./commands/registry.ts";
import { pluginVersion } from "./commands/version.ts";
import { runLine } from "./frame/run.ts";

const { argv, env: environment, platform, stdin, stdout, stderr } = process;

// `kubectl serin status | head` closes the pipe early.
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await runLine(commands, {
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
});
