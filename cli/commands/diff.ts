import { deployments } from "../../kube/core/resources.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { changedObjects } from "../../rollout/view/changes.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { defineCommand } from "../frame/command.ts";
import { exitCode } from "../frame/exit-code.ts";
import { UsageError } from "../frame/failure.ts";
import { deploymentNames } from "../frame/names.ts";
import { tableTerminal } from "../frame/terminal.ts";
import { readMarked } from "../reading/rollouts.ts";
import { diffScreen } from "../screens/diff-screen.ts";

/** What is changed on the user's objects right now. */
export const diffCommand = defineCommand({
  name: "diff",
  group: "See",
  about:
    "Shows what Serin has changed on the Deployment, its Services and its routes while a rollout is in flight.",
  more: "Serin restores all of it at the end.",
  arguments: { name: "NAME", about: "The Deployment.", count: "one", complete: "deployments" },
  flags: {},
  examples: [["diff web", "The fields under the hold, the selectors and the weights"]],
  async run({ args, terminal, cluster }) {
    const [name, ...others] = deploymentNames(args);
    if (name === undefined || others.length > 0) throw new UsageError("diff takes one NAME");
    const { kube, namespace } = await cluster();
    const deployment = await kube.get<Deployment>(deployments, { namespace, name });
    if (holdRecordOf(deployment) === undefined) {
      terminal.tell(`deployment/${name} is at rest, so Serin has changed nothing`);
      return exitCode.done;
    }
    const { services, routes, unread } = await readMarked(kube, deployment);
    const changed = changedObjects(deployment, services, routes);
    for (const one of diffScreen(tableTerminal(terminal, false), changed)) terminal.say(one);
    for (const sentence of unread) terminal.tell(sentence);
    return exitCode.done;
  },
});
