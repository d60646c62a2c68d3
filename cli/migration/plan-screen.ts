import { doneCount, type LiveStep } from "../../migrate/live/step.ts";
import type { Terminal } from "../frame/terminal.ts";

/** The plan of a switch-over: each step with what is written and checked, who serves, and whether it can be undone. */
export function planScreen<S>(steps: readonly LiveStep<S>[], seen: S, terminal: Terminal): readonly string[] {
  const done = doneCount(steps, seen);
  return steps.flatMap((step, i) => [
    `${terminal.sign(i < done ? "good" : i === done ? "going" : "none")} ${i + 1} ${terminal.paint("bold", step.name)}: ${step.does}`,
    `    then: ${step.checks}`,
    `    users are served by ${step.serves}${step.undo === undefined ? "; cannot be undone" : ""}`,
  ]);
}
