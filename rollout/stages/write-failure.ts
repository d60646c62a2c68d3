import type { Write } from "../../kube/core/writes.ts";
import { HELD } from "../keys.ts";
import { instant } from "../text/instant.ts";
import { holdFields, progressDeadlineMs } from "../workload/hold.ts";
import { writeEvent } from "../workload/writes.ts";
import { report } from "./condition.ts";
import type { Decision } from "./decision.ts";
import { hadTraffic, missedWeight } from "./first-weight.ts";
import { rewrite } from "./hook-record.ts";
import { rollBack } from "./rollback.ts";
import type { Snapshot } from "./snapshot.ts";
import { waitingFor } from "./wait.ts";
import { withWayOut } from "./way-out.ts";

/** The most characters of an error that Serin reports. */
const LONGEST_REASON = 500;

/**
 * Reports a write that keeps failing: as an Event, and in the condition `Canary` unless that holds a verdict. An unchanged
 * message is not written again, so this may be called after every try. Rolls back at the Deployment's deadline: without the
 * write, the rollout would wait for ever.
 */
export function reportWriteFailure(snapshot: Snapshot, write: Write, reason: string): Decision {
  if (write.verb === "event") return { writes: [] };
  const cut = reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}…` : reason;
  const message = `cannot ${VERBS[write.verb]} ${write.kind}/${write.name}: ${cut}${policyHint(write, reason)}`;
  const late = overdueRefusal(snapshot, message);
  if (late !== undefined) return rollBack(snapshot, late);
  const event = writeEvent(snapshot.deployment, "Warning", "WriteFailed", message);
  const condition = waitingFor("api", message);
  const told = hasVerdict(snapshot) ? undefined : withWayOut(snapshot, { writes: [], condition }).condition;
  return { writes: [event, ...report(snapshot, told).writes, ...noteRefusal(snapshot, write)] };
}

/** Forgets a refusal when all writes of the step have succeeded. */
export function forgetRefusal(snapshot: Snapshot): Decision | undefined {
  if (snapshot.run?.refusedSince === undefined) return undefined;
  const { refusedSince: _since, ...rest } = snapshot.run;
  return { writes: rewrite(snapshot, {}, rest) };
}

/** Before the first weight all waits have one deadline together; later a refusal has its own. An order to promote has none. */
function overdueRefusal(snapshot: Snapshot, message: string): string | undefined {
  if (!isJudged(snapshot) || snapshot.held.asked === "promote") return undefined;
  const missed = missedWeight(snapshot);
  if (missed !== undefined) return `${missed}: ${message}`;
  const deadline = progressDeadlineMs(snapshot.held.originals);
  const since = Date.parse(snapshot.run?.refusedSince ?? "");
  return snapshot.now - since > deadline ? `${message}, for ${deadline / 1000}s` : undefined;
}

/** Notes the first refusal, unless it is that of the record itself. */
function noteRefusal(snapshot: Snapshot, refused: Exclude<Write, { verb: "event" }>): readonly Write[] {
  const { run, judged, now } = snapshot;
  if (refused.kind === "replicasets" && refused.name === judged?.metadata.name) return [];
  if (!isJudged(snapshot) || !hadTraffic(snapshot) || run?.refusedSince !== undefined) return [];
  return rewrite(snapshot, { refusedSince: instant(now) });
}

function isJudged({ held, run }: Snapshot): boolean {
  const isRunning = run === undefined || run.outcome === "running";
  return held.phase === "canary" && !held.latched && !held.lost && isRunning;
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

function hasVerdict(snapshot: Snapshot): boolean {
  const { phase } = snapshot.held;
  return phase === "failed" || phase === "undone" || snapshot.run?.outcome === "failed";
}
