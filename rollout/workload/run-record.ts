import * as v from "valibot";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { evidenceSchema } from "../judge/evidence-record.ts";
import { type Progress, progressSchema } from "../judge/progress.ts";
import { RUN } from "../keys.ts";
import { amount, formatRecord, isNewer, list, map, readRecord, timestamp } from "../text/stored-json.ts";
import { defaultsSchema } from "./defaults.ts";
import { requestsSchema } from "./requests.ts";
import { waits } from "./waits.ts";

const index = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const announcedSchema = v.object({
  step: index,
  waits: list(v.picklist(waits)),
  now: v.picklist(waits),
});

const schema = v.object({
  /** The rollout's name: `started` of the Deployment's `serin.dev/held`. */
  started: timestamp,
  /** How the rollout ended, or that it still runs. */
  outcome: v.picklist(["running", "proven", "promoted", "failed", "undone", "superseded"]),
  /** Index of the plan's step that is granted. */
  step: index,
  /** The weight of this step when it was granted, in percent; absent in a record of an earlier Serin. */
  granted: v.exactOptional(amount),
  /** When this step was granted (RFC 3339): deadlines for readiness count from here. */
  stepSince: timestamp,
  /** When the step's weight was in force; only for a canary by pods, since a route says it itself. */
  inForceSince: v.exactOptional(timestamp),
  /** When the routes were restored; the canary Services must outlive this by the gateway's settle time. */
  detached: v.exactOptional(timestamp),
  /** `spec.paused` was set because the plan has a pause here. */
  paused: v.exactOptional(v.boolean()),
  /** Names of the hooks that need no further call: they said yes, or were called after the end. */
  hooks: v.exactOptional(list(v.string())),
  /** Since when a pre-rollout hook gives no answer. */
  unansweredSince: v.exactOptional(timestamp),
  /** Since when the canary's traffic does not flow as it was granted, for reasons outside the rollout. */
  unroutedSince: v.exactOptional(timestamp),
  /** The routes of other namespaces that got a share (`kind/namespace/name`): their ReferenceGrant may be revoked meanwhile. */
  foreignRoutes: v.exactOptional(list(v.string())),
  /** Since when the API server refuses a write of a rollout that has had traffic. */
  refusedSince: v.exactOptional(timestamp),
  /** `pod/container` → its restarts before this rollout: a retry does not count them. */
  restarts: v.exactOptional(map(amount)),
  /** Requests before do not count: they may be those of other versions (judge-again.ts). Absent: all since the first weight count. */
  judgedSince: v.exactOptional(timestamp),
  /** pod-template-hash of the version it was compared with. */
  stable: v.string(),
  /**
   * What the metrics had said when this was written: a new controller continues from there. Evidence that does not fit is
   * dropped alone, so that the rollout keeps its step and its canary is judged from its first weight again.
   */
  evidence: v.exactOptional(v.fallback(v.undefinedable(evidenceSchema), undefined)),
  /** How far the evidence was when people were told last. */
  progress: v.exactOptional(v.fallback(v.undefinedable(progressSchema), undefined)),
  /** The weights that were in force: index of the step, percent, since when. */
  course: v.exactOptional(list(v.object({ step: index, weight: amount, at: timestamp }))),
  /** Which notices are out: the moment → the receivers that have them. */
  told: v.exactOptional(map(list(v.string()))),
  /** What a step (its index) that holds waits for now, and the waits that have had an Event in it. */
  announced: v.exactOptional(v.fallback(v.undefinedable(announcedSchema), undefined)),
  defaults: v.exactOptional(defaultsSchema),
  /** Who asked for the rollout, and who gave the last order since (`requests` of the Deployment's record). */
  requests: requestsSchema,
  /** The last sentence said about it. */
  message: v.string(),
  /** When it ended (RFC 3339). */
  ended: v.exactOptional(timestamp),
});
const record = v.pipe(
  schema,
  v.transform(({ evidence, progress, ...rest }) =>
    withText({ ...rest, ...(progress && { progress }) }, evidence && JSON.stringify(evidence)),
  ),
);

/**
 * The record with evidence that is parsed at each use. Every rollout in flight has its record in memory, and parsed evidence
 * takes six times as much of it as its text.
 */
function withText<Run extends object>(
  run: Run,
  evidence: string | undefined,
): Run & Pick<RunRecord, "evidence"> {
  if (evidence === undefined) return run;
  return Object.defineProperty(run, "evidence", { enumerable: true, get: () => JSON.parse(evidence) });
}

/**
 * The annotation `serin.dev/run` on the canary's ReplicaSet: all that a restarted controller needs to continue in the same
 * place, and after the end the record that the revision keeps.
 */
export type RunRecord = Readonly<
  Omit<v.InferOutput<typeof schema>, "evidence" | "progress"> & {
    evidence?: v.InferOutput<typeof evidenceSchema>;
    progress?: Progress;
  }
>;

/** How a rollout ended, or that it still runs. */
export type Outcome = RunRecord["outcome"];

/** The record of this rollout; one of an earlier rollout of the same template is not it. */
export function runRecordOf(replicaSet: ReplicaSet, started: string): RunRecord | undefined {
  const run = lastRunOf(replicaSet);
  return run?.started === started ? run : undefined;
}

/**
 * The record of the rollout that wrote it last; `undefined` if the text is not valid. Admission does not guard
 * ReplicaSets: a rollout whose record is lost begins again, and no other one is kept from its work.
 */
export function lastRunOf({ metadata }: ReplicaSet): RunRecord | undefined {
  return readRecord(metadata.annotations, RUN, record);
}

/**
 * When (ms) the rollout began. The webhook's clock wrote it, and it may be ahead of this one: no canary goes unjudged until then,
 * but from its present step on, whose begin the controller wrote.
 */
export function begunAt({ started, stepSince }: RunRecord, now: number): number {
  const begun = Date.parse(started);
  return begun > now ? Date.parse(stepSince) : begun;
}

/** The outcomes of versions that were never proven. */
const UNPROVEN: readonly (Outcome | undefined)[] = ["running", "failed", "undone", "superseded"];

/** Whether the version has had a canary, and the last one did not prove it. */
export function isUnproven(replicaSet: ReplicaSet): boolean {
  return UNPROVEN.includes(lastRunOf(replicaSet)?.outcome);
}

/** Whether the record has no end yet. */
export function isUnended(run: RunRecord | undefined): run is RunRecord {
  return run?.outcome === "running" || run?.outcome === "proven";
}

/** Whether a newer Serin wrote the record. */
export function isRunRecordNewer({ metadata }: ReplicaSet): boolean {
  return isNewer(metadata.annotations, RUN, record);
}

/** The annotation's value. */
export function formatRun(run: RunRecord): string {
  return formatRecord(run);
}
