import type { DeploymentSpec } from "../../kube/core/workloads.ts";
import { HISTORY_LIMIT, type Originals, type Phase } from "./hold-record.ts";

/**
 * Two years short of for ever: canary pods become Ready but never Available, so native control removes no old pod.
 * The deadline must be longer (the API server checks that), and MaxInt32 itself would remove the condition Progressing.
 */
export const MIN_READY_SECONDS = 2_147_483_645;
const PROGRESS_DEADLINE_SECONDS = 2_147_483_646;
/** The API server's default, used where the user's object names none. */
const DEFAULT_PROGRESS_DEADLINE_SECONDS = 600;

/** The native fields while a rollout is in flight. `surge` sizes the canary: "10%" (of replicas, rounded up) or pods. */
export function holdFields(surge: string | number): Required<Omit<Originals, "paused">> {
  return {
    minReadySeconds: MIN_READY_SECONDS,
    progressDeadlineSeconds: PROGRESS_DEADLINE_SECONDS,
    revisionHistoryLimit: HISTORY_LIMIT,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: surge } },
  };
}

/** Whether the hold is in force on this spec. */
export function isHeld(spec: DeploymentSpec): boolean {
  return spec.minReadySeconds === MIN_READY_SECONDS;
}

/** The fields that can keep a value of the hold without a record, in copies that lost the annotation. */
const TELLING = {
  minReadySeconds: MIN_READY_SECONDS,
  progressDeadlineSeconds: PROGRESS_DEADLINE_SECONDS,
  revisionHistoryLimit: HISTORY_LIMIT,
} as const;

/** The names of the fields with a value that only the hold writes. */
export function leftHold(spec: DeploymentSpec): readonly (keyof typeof TELLING)[] {
  const fields = Object.keys(TELLING) as (keyof typeof TELLING)[];
  return fields.filter((field) => spec[field] === TELLING[field]);
}

/**
 * The spec without those of these values that no rollout in this phase holds. The strategy stays: it is safe, and the user may
 * have written it.
 */
export function withoutLeftHold(spec: DeploymentSpec, phase?: Phase): DeploymentSpec {
  if (phase === "canary" || phase === "failed") return spec;
  const kept = phase === "undone" ? "revisionHistoryLimit" : undefined;
  const left: readonly string[] = leftHold(spec).filter((field) => field !== kept);
  if (left.length === 0) return spec;
  return Object.fromEntries(
    Object.entries(spec).filter(([field]) => !left.includes(field)),
  ) as DeploymentSpec;
}

/** The spec under the hold. */
export function hold(spec: DeploymentSpec, surge: string | number): DeploymentSpec {
  return { ...spec, ...holdFields(surge) };
}

/** The spec with the user's own values restored, without fields that the user never had. The hold does not cover `paused`. */
export function restoreFields(spec: DeploymentSpec, originals: Originals): DeploymentSpec {
  const { minReadySeconds: _m, progressDeadlineSeconds: _p, strategy: _s, ...others } = spec;
  const { revisionHistoryLimit: limit, ...rest } = others;
  const { paused: _paused, ...fields } = originals;
  return { ...(limit === HISTORY_LIMIT ? rest : others), ...fields };
}

/** The held fields of this spec as Serin writes them to restore them; `undefined` removes one that the user never had. */
export function restoredFields(spec: DeploymentSpec, originals: Originals) {
  const { paused: _paused, ...fields } = originals;
  return {
    minReadySeconds: undefined,
    progressDeadlineSeconds: undefined,
    strategy: undefined,
    ...restoredLimit(spec, originals),
    ...fields,
  };
}

/** The spec with the history held: native control would delete the record of an undone rollout with its ReplicaSet. */
export function keepHistory(spec: DeploymentSpec): DeploymentSpec {
  return { ...spec, revisionHistoryLimit: HISTORY_LIMIT };
}

/** The history limit as Serin writes it to restore it; no field while it is not held. */
export function restoredLimit(
  spec: DeploymentSpec,
  { revisionHistoryLimit }: Originals,
): { readonly revisionHistoryLimit?: number | undefined } {
  return spec.revisionHistoryLimit === HISTORY_LIMIT ? { revisionHistoryLimit } : {};
}

/** The spec with the user's own history limit, if it is held; `undefined` where the user never had one. */
export function restoreLimit(spec: DeploymentSpec, originals: Originals): DeploymentSpec {
  return { ...spec, ...restoredLimit(spec, originals) } as DeploymentSpec;
}

/** The spec paused or not, in the form in which the API server stores it. */
export function pause(spec: DeploymentSpec, paused: boolean | undefined): DeploymentSpec {
  const { paused: _was, ...rest } = spec;
  return paused ? { ...rest, paused } : rest;
}

/** How long the user gives a version to become ready, in ms. */
export function progressDeadlineMs(originals: Originals): number {
  return (originals.progressDeadlineSeconds ?? DEFAULT_PROGRESS_DEADLINE_SECONDS) * 1000;
}
