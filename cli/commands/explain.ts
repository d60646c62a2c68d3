import { toggle } from "../../flags/flag.ts";
import { isForbidden } from "../../kube/client/errors.ts";
import { describePlan } from "../../rollout/plan/describe.ts";
import { settingsInForce } from "../../rollout/view/settings.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { planOf } from "../../rollout/workload/plan-of.ts";
import { defineCommand } from "../frame/command.ts";
import { exitCode } from "../frame/exit-code.ts";
import { deploymentNames } from "../frame/names.ts";
import { cutTo, formatTable } from "../frame/table.ts";
import { tellFindings } from "../lint/finding.ts";
import { anotherTemplate, ask } from "../preflight/dry-run.ts";
import { aboutAdmission } from "../preflight/findings.ts";
import { readOptedIn } from "../reading/rollouts.ts";
import { readSurroundings } from "../reading/surroundings.ts";
import { line, paragraph } from "../screens/line.ts";
import { podLines, surroundingLines } from "../screens/plan-lines.ts";

/** The plan in force, with the origin of each value. */
export const explainCommand = defineCommand({
  name: "explain",
  group: "Before a rollout",
  about:
    "Shows the plan in force: where each value comes from, what leads to the pods, and how many each step needs.",
  more: "In flight, the plan of that rollout; at rest, that of the next one, which Serin's webhook tells in a dry run. Nothing is stored.",
  arguments: { name: "NAME", about: "The Deployment.", count: "one", complete: "deployments" },
  flags: { all: toggle({ about: "Also the values that nobody has set." }) },
  examples: [["explain web --all", "Every setting, with the defaults"]],
  async run({ args, flags, terminal, clock, cluster }) {
    const [name = ""] = deploymentNames(args);
    const warnings: string[] = [];
    const { kube, namespace } = await cluster((sentence) => warnings.push(sentence));
    const present = await readOptedIn(kube, namespace, name);
    const isInFlight = holdRecordOf(present) !== undefined;
    const patch = anotherTemplate(new Date(clock.now()).toISOString());
    const answer = isInFlight
      ? undefined
      : await ask({ kube }, { namespace, name }, patch, warnings).catch((error: unknown) => {
          if (!isForbidden(error)) throw error;
          warnings.push(
            `you may not patch deployment/${name}, so Serin's webhook is not asked: what a profile or the namespace sets is not shown`,
          );
          return undefined;
        });
    if (answer !== undefined && (!("object" in answer) || holdRecordOf(answer.object) === undefined))
      return tellFindings(terminal, aboutAdmission(answer));
    const planned = answer?.object ?? present;
    const settings = settingsInForce(planned);
    const shown = settings.filter(({ from }) => flags.all || from !== "default");
    const plan = planOf(planned);
    const described = describePlan(plan);
    const head = paragraph(terminal, `deployment/${name} -n ${namespace}: `, described);
    terminal.say(head.join("\n"));
    const rows = shown.map((one) => [`  ${one.name}`, cutTo(one.value, 60) || "–", one.from]);
    for (const row of formatTable(rows)) terminal.say(line(terminal, row));
    if (shown.length < settings.length)
      terminal.say(`  ${settings.length - shown.length} more with defaults: --all`);
    const around = await readSurroundings({ kube, namespace }, planned, plan).catch((error: unknown) => {
      if (!isForbidden(error)) throw error;
      terminal.tell("you may not list Services and routes, so they are not shown");
      return undefined;
    });
    const lines = [
      ...(around === undefined ? [] : surroundingLines(terminal, around)),
      ...podLines(terminal, plan, planned.spec.replicas ?? 1),
    ];
    terminal.say(lines.join("\n"));
    // The webhook's own description of the plan says nothing more.
    for (const warning of warnings.filter((one) => !one.startsWith(`serin: ${described}`)))
      terminal.tell(`Warning: ${warning}`);
    return exitCode.done;
  },
});
