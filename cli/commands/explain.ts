import { toggle } from "../../flags/flag.ts";
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

/** The plan in force, with the origin of each value. */
export const explainCommand = defineCommand({
  name: "explain",
  group: "Before a rollout",
  about: "Shows the plan in force, and where each value comes from.",
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
    const answer = isInFlight ? undefined : await ask({ kube }, { namespace, name }, patch, warnings);
    if (answer !== undefined && (!("object" in answer) || holdRecordOf(answer.object) === undefined))
      return tellFindings(terminal, aboutAdmission(answer));
    const planned = answer?.object ?? present;
    const settings = settingsInForce(planned);
    const shown = settings.filter(({ from }) => flags.all || from !== "default");
    terminal.say(`deployment/${name} -n ${namespace}: ${describePlan(planOf(planned))}`);
    const rows = shown.map((one) => [`  ${one.name}`, cutTo(one.value, 60) || "–", one.from]);
    for (const line of formatTable(rows)) terminal.say(line);
    if (shown.length < settings.length)
      terminal.say(`  ${settings.length - shown.length} more with defaults: --all`);
    for (const warning of warnings) terminal.tell(`Warning: ${warning}`);
    return exitCode.done;
  },
});
