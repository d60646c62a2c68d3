import { statSync } from "node:fs";
import { optional } from "../../flags/flag.ts";
import { defineCommand } from "../frame/command.ts";
import { exitCode } from "../frame/exit-code.ts";
import { UsageError } from "../frame/failure.ts";
import { prometheusUrl } from "../frame/kubectl-flags.ts";
import { deploymentNames } from "../frame/names.ts";
import { judgeText } from "../judge-text.ts";
import { readSources } from "../lint/read-files.ts";
import { otherPlan, otherSettings } from "../replay/other-settings.ts";
import { replayScreen } from "../screens/replay-screen.ts";

/** Replays a rollout or an incident, also with other settings. */
export const judgeCommand = defineCommand({
  name: "judge",
  group: "See",
  about: "Judges a rollout again from Prometheus, also with other settings; or the ticks of a JSON file.",
  more:
    "Of a Deployment, it replays the newest rollout, or that of --revision, as the controller judged it. Restarts do not " +
    "count, because no history of pods is stored. docs/judge.md describes the file; the verdict about it is JSON. The exit " +
    "code is 0 for every verdict.",
  arguments: {
    name: "NAME|FILE",
    about: "The Deployment; or the file with the ticks, where - reads the standard input.",
    count: "one",
    complete: "deployments and files",
  },
  flags: {
    revision: optional({ argument: "number", about: "The revision.", usualText: "the newest rollout" }),
    prometheus: prometheusUrl,
    ...otherSettings,
  },
  examples: [
    ["judge web --revision=9 --tolerance=2", "Whether revision 9 would have passed with twice the tolerance"],
    ["judge incident.json", "What the judge says of these counts"],
  ],
  async run({ args, flags, terminal, clock, cluster }) {
    const [first = "-"] = args;
    if (isFile(first)) {
      const own = Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [name]));
      if (own.length > 0)
        throw new UsageError(`--${own[0]} is about a Deployment: the file has its own settings`);
      for (const { name, text } of await readSources([first], terminal.input))
        terminal.say(judgeText(name, text));
      return exitCode.done;
    }
    const [name = ""] = deploymentNames(args);
    const found = await cluster();
    // Both load the HTTP client.
    const { prometheusFor } = await import("../reading/prometheus.ts");
    const { replayRollout } = await import("../replay/replay-rollout.ts");
    const { notes, ...replay } = await replayRollout(
      found,
      {
        name,
        revision: flags.revision,
        other: (plan) => otherPlan(plan, flags),
        prometheus: (provider) => prometheusFor(found, flags.prometheus, provider),
      },
      clock,
    );
    terminal.say(replayScreen(terminal, replay).join("\n"));
    for (const note of notes) terminal.tell(`${terminal.paint("yellow", "Warning:")} ${note}`);
    return exitCode.done;
  },
});

/** `deployment/web` names a Deployment even where a file has that name. */
function isFile(given: string): boolean {
  return (
    given === "-" || given.endsWith(".json") || statSync(given, { throwIfNoEntry: false })?.isFile() === true
  );
}
