import * as v from "valibot";
import type { Deployment, DeploymentSpec, DeploymentStrategy } from "../../kube/core/workloads.ts";
import { FLIGHT, HELD } from "../keys.ts";
import type { Layer } from "../plan/layers.ts";
import { equal } from "../text/equal.ts";
import { isRecord } from "../text/parse.ts";
import { formatRecord, isNewer, readRecord, timestamp } from "../text/stored-json.ts";
import { defaultsSchema } from "./defaults.ts";
import { requestsSchema } from "./requests.ts";

/** The record with these defaults, which the rollout keeps even if they change elsewhere. */
export function withDefaults(held: HoldRecord, layers: readonly Layer[]): HoldRecord {
  const { defaults: _before, ...rest } = held;
  return layers.length === 0 ? rest : { ...rest, defaults: layers };
}

/**
 * Native control deletes the oldest ReplicaSets without pods beyond this number. After a scale to zero that would be the
 * stable one. One less than MaxInt32, which users write for "keep all": so the value shows that it is the hold's.
 */
export const HISTORY_LIMIT = 2_147_483_646;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/**
 * The native fields that the hold covers, as the user had them; absent stays absent. In records of earlier versions the
 * limit is always absent: they did not hold it.
 */
const originals = v.object({
  minReadySeconds: v.exactOptional(count),
  progressDeadlineSeconds: v.exactOptional(count),
  revisionHistoryLimit: v.exactOptional(count),
  strategy: v.exactOptional(v.custom<DeploymentStrategy>(isRecord)),
  paused: v.exactOptional(v.boolean()),
});
export type Originals = Readonly<v.InferOutput<typeof originals>>;

const record = v.object({
  /** When this rollout began (RFC 3339); it is the rollout's name, too. */
  started: timestamp,
  /**
   * Where the rollout stands, as far as admission must know:
   * - `canary`: the hold is in force; the controller walks the steps;
   * - `promoting`: proven; the native fields are the user's again and the native rolling update runs;
   * - `failed`: rolled back; the hold stays in force, the template is the user's to change;
   * - `undone`: the stable template came back; the controller cleans up. Only the history is still held, for the run record.
   */
  phase: v.picklist(["canary", "promoting", "failed", "undone"]),
  /** pod-template-hash of the version that serves. */
  stable: v.string(),
  originals,
  /** An undone rollout had failed before. The API server may have refused to note that on the version. */
  failed: v.exactOptional(v.boolean()),
  defaults: v.exactOptional(defaultsSchema),
  /** Serin paused the Deployment until the version before is drained; then it is paused as in `originals`. */
  latched: v.exactOptional(v.boolean()),
  /** Since when the latch waits for stable pods: its deadline counts from here. One before `started` is of an earlier latch. */
  waitingSince: v.exactOptional(timestamp),
  /**
   * When the last pause ended, the user's or a latch: native control creates the canary's ReplicaSet then. An earlier version of
   * Serin neither writes nor keeps it.
   */
  resumed: v.exactOptional(timestamp),
  /**
   * When the routes were restored before the native promotion; the canary Services must outlive this by the gateway's settle
   * time. The run record keeps it where they are restored later.
   */
  detached: v.exactOptional(timestamp),
  /** The order given by `serin.dev/promote` or `serin.dev/abort`. */
  asked: v.exactOptional(v.picklist(["promote", "abort"])),
  /** The orders that came with a manifest, as `promote=7`: the same manifest, applied again, does not give them again. */
  manifestOrders: v.exactOptional(v.array(v.string())),
  /** The step (from 1) that `serin.dev/advance` leaves; the order of an earlier step means nothing any more. */
  advance: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  /** How many versions in a row, right before this one, were superseded before a verdict. */
  row: v.exactOptional(count),
  /** Who asked for this rollout, and who gave the last order since. */
  requests: requestsSchema,
  /**
   * The stable version is lost: its ReplicaSet is gone, or a superseding version starts natively because no stable pod is ready.
   * Serin restores Services and routes, and admission lets the user end the rollout.
   */
  lost: v.exactOptional(v.boolean()),
});

/** The annotation `serin.dev/held` of a Deployment: there only while a rollout is in flight. */
export type HoldRecord = Readonly<v.InferOutput<typeof record>>;

export type Phase = HoldRecord["phase"];

/** The annotation's value. */
export function formatHoldRecord(held: HoldRecord): string {
  return formatRecord(held);
}

/** The Deployment's record; `undefined` if there is none or its text is not valid. */
export function holdRecordOf({ metadata }: Pick<Deployment, "metadata">): HoldRecord | undefined {
  return readRecord(metadata.annotations, HELD, record);
}

/** Whether a newer Serin wrote the record. */
export function isHoldRecordNewer({ metadata }: Deployment): boolean {
  return isNewer(metadata.annotations, HELD, record);
}

/** The object with its record and its mark. */
export function withHoldRecord(object: Deployment, held: HoldRecord, old: Deployment): Deployment {
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...object.metadata.labels, [FLIGHT]: old.metadata.uid ?? "" },
      annotations: { ...object.metadata.annotations, [HELD]: formatHoldRecord(held) },
    },
  };
}

/** The user's values, which Serin restores at the end. */
export function originalsOf(spec: DeploymentSpec): Originals {
  const { revisionHistoryLimit = HISTORY_LIMIT } = spec;
  return {
    ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
    ...(spec.progressDeadlineSeconds === undefined
      ? {}
      : { progressDeadlineSeconds: spec.progressDeadlineSeconds }),
    ...(revisionHistoryLimit === HISTORY_LIMIT ? {} : { revisionHistoryLimit }),
    ...(spec.strategy === undefined ? {} : { strategy: spec.strategy }),
    ...(spec.paused ? { paused: true } : {}),
  };
}

/**
 * The originals after a user re-applied a manifest in flight: a value that differs from the held one is what the user wants;
 * an equal one is only an echo.
 */
export function updateOriginals(
  originals: Originals,
  held: DeploymentSpec,
  requested: DeploymentSpec,
): Originals {
  const next: { -readonly [key in keyof Originals]: Originals[key] } = { ...originals };
  if (requested.minReadySeconds !== held.minReadySeconds) {
    put(next, "minReadySeconds", requested.minReadySeconds);
  }
  if (requested.progressDeadlineSeconds !== held.progressDeadlineSeconds) {
    put(next, "progressDeadlineSeconds", requested.progressDeadlineSeconds);
  }
  // Also if the limit is not held yet, as in a rollout that an earlier Serin began: the answer to this request holds it.
  if (requested.revisionHistoryLimit !== HISTORY_LIMIT) {
    put(next, "revisionHistoryLimit", requested.revisionHistoryLimit);
  }
  if (!equal(requested.strategy, held.strategy)) {
    put(next, "strategy", mergeStrategy(originals.strategy, held.strategy, requested.strategy));
  }
  return next;
}

function mergeStrategy(
  original: DeploymentStrategy | undefined,
  held: DeploymentStrategy | undefined,
  requested: DeploymentStrategy | undefined,
): DeploymentStrategy | undefined {
  if (requested?.type !== "RollingUpdate" || original?.type === "Recreate") return requested;
  const rollingUpdate = { ...original?.rollingUpdate };
  for (const field of ["maxSurge", "maxUnavailable"] as const) {
    const value = requested.rollingUpdate?.[field];
    if (value !== undefined && value !== held?.rollingUpdate?.[field]) rollingUpdate[field] = value;
  }
  return { type: "RollingUpdate", rollingUpdate };
}

function put<T, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void {
  if (value === undefined) delete target[key];
  else target[key] = value;
}
