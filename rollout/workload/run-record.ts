import type { ReplicaSet } from "../../kube/core/workloads.ts";
import type { Evidence } from "../judge/fold.ts";
import { RUN } from "../keys.ts";
import { isRecord } from "../text/parse.ts";
import { isInstant, isListOf, readRecord } from "../text/stored-json.ts";

const OUTCOMES = ["running", "proven", "promoted", "failed", "undone", "superseded"] as const;

/** How a rollout ended, or that it still runs. */
export type Outcome = (typeof OUTCOMES)[number];

/**
 * The annotation `serin.dev/run` on the canary's ReplicaSet: all that a restarted controller needs to go on in the same
 * place, and after the end the record that the revision keeps.
 */
export interface RunRecord {
  /** The rollout's name: `started` of the Deployment's `serin.dev/held`. */
  readonly started: string;
  readonly outcome: Outcome;
  /** Index of the plan's step that is granted. */
  readonly step: number;
  /** When this step was granted (RFC 3339): deadlines for readiness count from here. */
  readonly stepSince: string;
  /** When the step's weight was in force; a canary by pods only, a route says it itself. */
  readonly inForceSince?: string;
  /** When the routes were given back; the twins must outlive this by the gateway's settle time. */
  readonly detached?: string;
  /** `spec.paused` was set because the plan has a pause here. */
  readonly paused?: boolean;
  /** Names of the hooks that need no further call: they said yes, or were called after the end. */
  readonly hooks?: readonly string[];
  /** Since when a pre-rollout hook gives no answer. */
  readonly unansweredSince?: string;
  /** Since when the canary's traffic does not flow as it was granted, for reasons outside the rollout. */
  readonly unroutedSince?: string;
  /** pod-template-hash of the version it was compared with. */
  readonly stable: string;
  /** What the metrics had said when this was written: a controller that starts anew goes on from there. */
  readonly evidence?: Evidence;
  /** The last sentence said about it. */
  readonly message: string;
  /** When it ended (RFC 3339). */
  readonly ended?: string;
}

/** The record of this rollout; one of an earlier rollout of the same template is not it. */
export function runRecordOf(replicaSet: ReplicaSet, started: string): RunRecord | undefined {
  const run = lastRunOf(replicaSet);
  return run?.started === started ? run : undefined;
}

/**
 * The record of whichever rollout wrote it last; none where somebody has written something else there. No admission guards
 * ReplicaSets: a rollout whose record is lost begins anew, and no other one is kept from its work.
 */
export function lastRunOf(replicaSet: ReplicaSet): RunRecord | undefined {
  return readRecord(replicaSet.metadata.annotations?.[RUN], isRun);
}

function isRun(value: unknown): value is RunRecord {
  if (!isRecord(value)) return false;
  const { started, outcome, step, stepSince, stable, message, hooks = [], evidence = {} } = value;
  const instants = [
    value.inForceSince,
    value.detached,
    value.unansweredSince,
    value.unroutedSince,
    value.ended,
  ];
  return (
    isInstant(started) &&
    OUTCOMES.some((one) => one === outcome) &&
    Number.isInteger(step) &&
    Number(step) >= 0 &&
    isInstant(stepSince) &&
    typeof stable === "string" &&
    typeof message === "string" &&
    isListOf(hooks, (name) => typeof name === "string") &&
    isRecord(evidence) &&
    instants.every((at) => at === undefined || isInstant(at))
  );
}

/** The annotation's value. */
export function formatRun(run: RunRecord): string {
  return JSON.stringify(run);
}
