import { defineCommand } from "../frame/command.ts";
import { dryRun } from "../frame/kubectl-flags.ts";
import { eachNamed } from "../orders/each.ts";
import { orderArguments } from "../orders/order-command.ts";
import { setPaused } from "../orders/pause.ts";

export const pauseCommand = defineCommand({
  name: "pause",
  group: "Order",
  about: "Pauses a Deployment, as kubectl rollout pause does.",
  more: "A canary keeps its step; a harmful one is still rolled back.",
  arguments: orderArguments,
  flags: { "dry-run": dryRun },
  examples: [["pause web", "Stay at this weight"]],
  run: (call) => eachNamed(call, (named) => setPaused(named, true)),
});
