import type { Write } from "../../kube/core/writes.ts";
import { writeEvent } from "../workload/writes.ts";
import { report } from "./condition.ts";
import type { Decision } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";

/** What others say of a write that they refuse may be long; so much of it is told. */
const LONGEST_REASON = 500;

/**
 * What people are told when a write keeps failing: an Event, and the condition `Canary` as long as it holds no verdict.
 * The same message is no news, so it may be told after every try.
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
