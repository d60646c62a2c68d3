import type { Write } from "../../kube/core/writes.ts";
import { writeEvent } from "../workload/writes.ts";
import { report } from "./condition.ts";
import type { Decision } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";

/** The most characters of an error that Serin reports. */
const LONGEST_REASON = 500;

/**
 * Reports a write that keeps failing: as an Event, and in the condition `Canary` unless that holds a verdict. An unchanged
 * message is not written again, so this may be called after every try.
 */
export function reportWriteFailure(snapshot: Snapshot, write: Write, reason: string): Decision {
  if (write.verb === "event") return { writes: [] };
  const cut = reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}…` : reason;
  const message = `cannot ${VERBS[write.verb]} ${write.kind}/${write.name}: ${cut}`;
  const event = writeEvent(snapshot.deployment, "Warning", "WriteFailed", message);
  return { writes: [event, ...(hasVerdict(snapshot) ? [] : report(snapshot, holding(message)).writes)] };
}

const VERBS = {
  create: "create",
  delete: "delete",
  json: "change",
  merge: "change",
  strategic: "change",
} as const;

function holding(message: string) {
  return { status: "Unknown", reason: "Holding", message } as const;
}

function hasVerdict(snapshot: Snapshot): boolean {
  const { phase } = snapshot.held;
  return phase === "failed" || phase === "undone" || snapshot.run?.outcome === "failed";
}
