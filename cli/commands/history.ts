import { optional } from "../../flags/flag.ts";
import { listReplicaSets } from "../../kube/client/replica-sets.ts";
import { deployments } from "../../kube/core/resources.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { historyOf } from "../../rollout/view/history.ts";
import { defineCommand } from "../frame/command.ts";
import { exitCode } from "../frame/exit-code.ts";
import { UsageError } from "../frame/failure.ts";
import { noHeaders, output } from "../frame/kubectl-flags.ts";
import { deploymentNames } from "../frame/names.ts";
import { printObjects } from "../frame/print.ts";
import { tableTerminal } from "../frame/terminal.ts";
import { historyScreen, recordScreen } from "../screens/tables.ts";

/** How the revisions of a Deployment fared. */
export const historyCommand = defineCommand({
  name: "history",
  group: "See",
  about: "Shows how the last rollout of each revision ended, and why.",
  arguments: { name: "NAME", about: "The Deployment.", count: "one", complete: "deployments" },
  flags: {
    revision: optional({
      argument: "number",
      about: "One revision, with its whole record.",
      usualText: "all",
    }),
    output,
    "no-headers": noHeaders,
  },
  examples: [["history web --revision=9", "Why revision 9 was rolled back"]],
  async run({ flags, args, terminal, cluster }) {
    const [name, ...others] = deploymentNames(args);
    if (name === undefined || others.length > 0) throw new UsageError("history takes one NAME");
    const { kube, namespace } = await cluster();
    const deployment = await kube.get<Deployment>(deployments, { namespace, name });
    const history = historyOf(deployment, await listReplicaSets(kube, deployment));
    const { revision } = flags;
    const revisions = history.revisions.filter(
      (past) => revision === undefined || past.revision === revision,
    );
    if (revision !== undefined && revisions.length === 0)
      throw new Error(
        `deployment/${name} has no revision ${revision}; it has ${history.revisions.map((past) => past.revision ?? "–").join(", ")}`,
      );
    const object = { ...history, revisions };
    if (printObjects(terminal, flags.output, [{ name: `deployment.apps/${name}`, object }], true))
      return exitCode.done;
    const [first] = revisions;
    const lines =
      revision !== undefined && first !== undefined
        ? recordScreen(terminal, first)
        : historyScreen(tableTerminal(terminal, flags.output.kind === "wide"), object, !flags["no-headers"]);
    terminal.say(lines.join("\n"));
    return exitCode.done;
  },
});
