import { defineCommand } from "../frame/command.ts";
import { dryRun } from "../frame/kubectl-flags.ts";
import { eachNamed } from "../orders/each.ts";
import { orderArguments } from "../orders/order-command.ts";
import { undoToStable } from "../orders/undo.ts";

export const undoCommand = defineCommand({
  name: "undo",
  group: "Order",
  about: "Puts the template of the stable version back.",
  more: "At rest that of the newest earlier version that has not failed. A plain kubectl rollout undo goes to the revision before, which may be a failed one, and replaces the annotations as well.",
  arguments: orderArguments,
  flags: { "dry-run": dryRun },
  examples: [["undo web", "Go back to what served before"]],
  run: (call) => eachNamed(call, undoToStable),
});
