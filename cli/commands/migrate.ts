import { optional, toggle } from "../../flags/flag.ts";
import { doneCount, START } from "../../migrate/live/step.ts";
import { isOptedIn } from "../../rollout/plan/plan.ts";
import type { Call } from "../frame/command.ts";
import { defineCommand } from "../frame/command.ts";
import { type ExitCode, exitCode } from "../frame/exit-code.ts";
import { UsageError } from "../frame/failure.ts";
import { patience } from "../frame/kubectl-flags.ts";
import { deploymentNames } from "../frame/names.ts";
import { planScreen } from "../migration/plan-screen.ts";
import { refuseInFlight } from "../migration/reading.ts";
import { type MigrationSeen, type Rival, rivals } from "../migration/rivals.ts";
import { switchOver } from "../migration/switch-over.ts";
import { takeStep } from "../migration/take-step.ts";

const flags = {
  execute: toggle({ about: "Take the steps, one after the other." }),
  to: optional({
    argument: "step",
    about: `The last step to take, forwards or backwards; \`${START}\` undoes all steps.`,
    usualText: "the last one",
  }),
  timeout: patience(600_000, "10m"),
};
const from = Object.keys(rivals);
const WHY_NOT =
  "kubectl serin convert says what cannot be carried; kubectl annotate with serin.dev/rollout opts it in";

export const migrateCommand = defineCommand({
  name: "migrate",
  group: "Migration",
  about: "Shows how a Deployment goes to Serin without a lost request, and does it with --execute.",
  more:
    "Each step is shown with what it writes, what is checked before the next one, and who serves the users. The state is in the " +
    "cluster: a command that was interrupted continues where it was, and --to goes back to an earlier step.",
  arguments: {
    name: "FROM NAME",
    about: `${from.join(" or ")}, then the Deployment.`,
    count: "some",
    complete: from,
    completeSecond: Object.fromEntries(from.map((name) => [name, "deployments"] as const)),
  },
  flags,
  examples: [
    ["migrate flagger web", "Show the steps and how far they are"],
    ["migrate flagger web --execute --to=annotate", "Stop before the first step without a way back"],
    ["migrate flagger web --execute --to=start", "Give the Deployment back to Flagger"],
  ],
  async run(call) {
    const [first = "", ...rest] = call.args;
    const chosen = Object.hasOwn(rivals, first) ? rivals[first] : undefined;
    if (chosen === undefined)
      throw new UsageError(`${JSON.stringify(first)} is not known: use ${from.join(" or ")}, then NAME`);
    const [name, ...more] = deploymentNames(rest);
    if (name === undefined || more.length > 0)
      throw new UsageError(`name one Deployment: migrate ${first} NAME`);
    return chosen((rival) => migrate(rival, first, name, call));
  },
});

async function migrate<S extends MigrationSeen>(
  { title, steps, annotate, read: readPlace }: Rival<S>,
  command: string,
  name: string,
  { flags: given, terminal, clock, cluster }: Call<typeof flags>,
): Promise<ExitCode> {
  const wanted = wantedOf(steps, given.to);
  const place = { ...(await cluster()), name };
  const read = async () => {
    await refuseInFlight(place);
    return readPlace(place);
  };
  const seen = await read();
  const done = doneCount(steps, seen);
  const end = ({ deployment: { metadata } }: MigrationSeen) =>
    isOptedIn(metadata.annotations)
      ? "is with Serin alone"
      : `is without ${title}, and not opted in: ${WHY_NOT}`;
  // Without a trace of the rival, nobody knows whether it ever had this Deployment.
  if (!given.execute && done === steps.length) {
    terminal.say(`deployment.apps/${name} ${end(seen)}`);
    return exitCode.done;
  }
  if (!given.execute) {
    terminal.say(
      `deployment/${name} -n ${place.namespace}: from ${title} to Serin, ${done} of ${steps.length} steps done`,
    );
    for (const line of planScreen(steps, seen, terminal)) terminal.say(line);
    if (annotate.isDone(seen) && !isOptedIn(seen.deployment.metadata.annotations))
      terminal.say(`${terminal.sign("warning")} no step opts it in: ${WHY_NOT}`);
    terminal.say(
      `kubectl serin migrate ${command} ${name} -n ${place.namespace} --execute takes these steps; --to=STEP stops after one, or goes back to it`,
    );
    return exitCode.done;
  }
  // A refusal by Serin must be known before anything moves.
  if (wanted > done && !annotate.isDone(seen)) await takeStep(annotate.writes(seen), place, true);
  await switchOver({
    steps,
    read,
    perform: (writes) => takeStep(writes, place),
    clock,
    say: terminal.say,
    wanted,
    patienceMs: given.timeout || Number.POSITIVE_INFINITY,
  });
  const reached = wanted === steps.length ? end(await readPlace(place)) : `is at ${given.to}`;
  terminal.say(`deployment.apps/${name} ${reached}`);
  return exitCode.done;
}

function wantedOf(steps: readonly { readonly name: string }[], to: string | undefined): number {
  const all = [START, ...steps.map(({ name }) => name)];
  const index = to === undefined ? steps.length : all.indexOf(to);
  if (index < 0) throw new UsageError(`--to: ${JSON.stringify(to)} is not a step: use ${all.join(", ")}`);
  return index;
}
