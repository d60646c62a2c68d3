import { orderCommand } from "./commands.ts";
import { type Decision, saying } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";
import { decidingOrders } from "./step-condition.ts";
import { waitIn } from "./wait.ts";

/** Adds to a wait's sentence the orders that end it, unless it names a command already. The beginning is not a wait. */
export function withWayOut(snapshot: Snapshot, decision: Decision): Decision {
  const { condition } = decision;
  if (condition === undefined || waitIn(condition) === undefined) return decision;
  if (snapshot.canary !== undefined && snapshot.run === undefined) return decision;
  if (/kubectl |serin\.dev\//.test(condition.message)) return decision;
  // Without a canary, there is nothing to promote.
  const orders =
    snapshot.run === undefined
      ? `${orderCommand(snapshot, "abort")} ends the wait`
      : decidingOrders(snapshot);
  return saying(decision, `; ${orders}`);
}
