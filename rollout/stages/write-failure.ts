import type { Write } from "../../kube/core/writes.ts";
import { HELD } from "../keys.ts";
import { holdFields } from "../workload/hold.ts";
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
  const message = `cannot ${VERBS[write.verb]} ${write.kind}/${write.name}: ${cut}${policyHint(write, reason)}`;
  const event = writeEvent(snapshot.deployment, "Warning", "WriteFailed", message);
  return { writes: [event, ...(hasVerdict(snapshot) ? [] : report(snapshot, holding(message)).writes)] };
}

/** The values that a policy must allow, if one refused a write to the Deployment: the user never wrote them. */
function policyHint({ kind }: Exclude<Write, { readonly verb: "event" }>, reason: string): string {
  if (kind !== "deployments" || !/\bdenied (the )?request\b/.test(reason)) return "";
  const { minReadySeconds, progressDeadlineSeconds, revisionHistoryLimit } = holdFields(0);
  return (
    `; while a Deployment has the annotation ${HELD}, policies must allow minReadySeconds ${minReadySeconds}, ` +
    `progressDeadlineSeconds ${progressDeadlineSeconds}, revisionHistoryLimit ${revisionHistoryLimit} and maxUnavailable 0`
  );
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
