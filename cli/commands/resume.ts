import { defineCommand } from "../frame/command.ts";
import { dryRun } from "../frame/kubectl-flags.ts";
import { eachNamed } from "../orders/each.ts";
import { orderArguments } from "../orders/order-command.ts";
import { setPaused } from "../orders/pause.ts";

export const resumeCommand = defineCommand({
  name: "resume",
  group: "Order",
  about: "Resumes a paused Deployment, as kubectl rollout resume does.",
  more: "It ends a pause of the plan as well.",
  arguments: orderArguments,
  flags: { "dry-run": dryRun },
  examples: [["resume web", "Go on after a pause"]],
  run: (call) => eachNamed(call, (named) => setPaused(named, false)),
});
