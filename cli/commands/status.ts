import { appendFileSync } from "node:fs";
import { choice, optional, toggle } from "../../flags/flag.ts";
import type { RolloutView } from "../../rollout/view/view.ts";
import { type Call, defineCommand } from "../frame/command.ts";
import { exitCode } from "../frame/exit-code.ts";
import { UsageError } from "../frame/failure.ts";
import { allNamespaces, noHeaders, output, patience, selector, watch } from "../frame/kubectl-flags.ts";
import { deploymentNames } from "../frame/names.ts";
import { type Printed, printObjects } from "../frame/print.ts";
import { type Terminal, tableTerminal } from "../frame/terminal.ts";
import type { Ended } from "../reading/awaited.ts";
import { followRollout } from "../reading/follow.ts";
import { patiently } from "../reading/patient.ts";
import { listRollouts, type RolloutReading, readRollout } from "../reading/rollouts.ts";
import { jobSummary, workflowCommand } from "../screens/github.ts";
import { statusScreen } from "../screens/status-screen.ts";
import { listScreen } from "../screens/tables.ts";

/** What is in flight, how it goes, and for scripts how it ends. */
export const statusCommand = defineCommand({
  name: "status",
  aliases: ["get"],
  group: "See",
  about: "Shows the rollouts in flight; with a name, everything about one.",
  more:
    "With --wait, it waits for the end: exit code 0 when the version is promoted or nothing is in flight, 3 when it is " +
    "rolled back, 4 when another version took its place, 2 when --timeout is over. The first word of the last line says " +
    "which.",
  arguments: { name: "NAME", about: "The Deployments.", count: "any", complete: "deployments" },
  flags: {
    "all-namespaces": allNamespaces,
    selector,
    all: toggle({ about: "Also the Deployments at rest, with their last rollout." }),
    watch,
    wait: toggle({ about: "Wait for the end of the rollout." }),
    until: choice(
      { argument: "when", about: "With --wait: `pause` also ends when the rollout waits for a person." },
      ["end", "pause"],
      "end",
    ),
    timeout: patience(0, "no limit"),
    revision: optional({
      argument: "number",
      about: "With --wait: the revision that must be in flight.",
      usualText: "",
    }),
    image: optional({
      argument: "image",
      about: "With --wait: the image that must be in flight.",
      usualText: "",
    }),
    output,
    "no-headers": noHeaders,
  },
  examples: [
    ["status web", "One rollout, with its evidence"],
    ["status -A -w", "All rollouts of the cluster, again at every change"],
    ["status web --wait --timeout=30m", "In a pipeline, after kubectl apply"],
  ],
  async run({ flags, args, terminal, clock, place, cluster }) {
    const names = deploymentNames(args);
    if ((flags.wait || flags.watch) && names.length > 1)
      throw new UsageError("--wait and --watch take one NAME");
    if (flags.wait && names.length === 0) throw new UsageError("--wait needs a NAME");
    const { kube, namespace } = await cluster();
    const [name] = names;
    if (name !== undefined && (flags.wait || flags.watch)) {
      const read = () => readRollout(kube, namespace, name, clock);
      const onEnd = flags.wait ? tellGitHub(place.environment, terminal) : undefined;
      const options = { ...flags, untilPause: flags.until === "pause", onEnd };
      return followRollout(read, options, { terminal, clock });
    }
    const where = { namespace: flags["all-namespaces"] ? undefined : namespace, ...flags };
    const read = () =>
      names.length > 0
        ? Promise.all(names.map((one) => readRollout(kube, namespace, one, clock)))
        : listRollouts(kube, where, clock);
    const show = (readings: readonly RolloutReading[]) => {
      if (printObjects(terminal, flags.output, readings.map(printed), names.length === 1)) return;
      if (names.length > 0)
        for (const { view, unread } of readings)
          terminal.say([...statusScreen(terminal, view, unread)].join("\n"));
      else if (readings.length === 0)
        terminal.tell(`No rollout is in flight in ${placeOf(where.namespace)}.`);
      else {
        const options = { withNamespace: flags["all-namespaces"], withHead: !flags["no-headers"] };
        terminal.say(
          listScreen(
            tableTerminal(terminal, flags.output.kind === "wide"),
            readings.map(({ view }) => view),
            options,
          ).join("\n"),
        );
      }
      for (const sentence of new Set(names.length > 0 ? [] : readings.flatMap(({ unread }) => unread)))
        terminal.tell(sentence);
    };
    const numbersOf = (readings: readonly RolloutReading[]) =>
      JSON.stringify(readings.map(({ view: { at: _at, ...rest } }) => rest));
    let readings = await read();
    show(readings);
    const readOn = patiently(read, clock, (sentence) => terminal.tell(sentence));
    while (flags.watch) {
      await clock.sleep(LOOK_MS);
      const before = numbersOf(readings);
      readings = (await readOn()) ?? readings;
      if (numbersOf(readings) !== before) show(readings);
    }
    return exitCode.done;
  },
});

/** How often (ms) a list is read again. */
const LOOK_MS = 2_000;

/** In a job of GitHub Actions, the end of a wait stands at the run and in the job's summary as well. */
function tellGitHub(environment: Call["place"]["environment"], terminal: Terminal) {
  const { GITHUB_ACTIONS, GITHUB_STEP_SUMMARY: summary } = environment;
  if (GITHUB_ACTIONS !== "true") return undefined;
  return (view: RolloutView, end: Ended) => {
    // A workflow command is a line of the standard error or output; the first word of the last line there is the outcome.
    terminal.tell(workflowCommand(view, end));
    if (summary) appendFileSync(summary, jobSummary(view, end));
  };
}

function printed({ view }: RolloutReading): Printed {
  return { name: `deployment.apps/${view.metadata.name}`, object: view };
}

function placeOf(namespace: string | undefined): string {
  return namespace === undefined ? "any namespace" : `the namespace ${namespace}`;
}
