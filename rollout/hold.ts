import type { Layer } from "./defaults.ts";
import { equal } from "./equal.ts";
import { FLIGHT, HELD } from "./keys.ts";
import type { Deployment, DeploymentSpec, Strategy } from "./objects.ts";

/**
 * Two years short of for ever: canary pods become Ready but never Available, so native control removes no old pod.
 * The deadline must be longer (the API server checks that), and MaxInt32 itself would remove the condition Progressing.
 */
export const MIN_READY_SECONDS = 2_147_483_645;
const PROGRESS_DEADLINE_SECONDS = 2_147_483_646;
/** The API server's default, used where the user's object names none. */
const DEFAULT_PROGRESS_DEADLINE_SECONDS = 600;

/** The native fields that the hold covers, as the user had them; absent stays absent. */
export interface Originals {
  readonly minReadySeconds?: number;
  readonly progressDeadlineSeconds?: number;
  readonly strategy?: Strategy;
  readonly paused?: boolean;
}

/**
 * Where a rollout stands, as far as admission must know:
 * - `canary`: the hold is in force; the controller walks the steps;
 * - `promoting`: proven; the native fields are the user's again and the native rolling update runs;
 * - `failed`: taken back; the hold stays in force, the template is the user's to change;
 * - `undone`: the stable template came back; the controller cleans up.
 */
export type Phase = "canary" | "promoting" | "failed" | "undone";

/** The annotation `serin.dev/held` of a Deployment: there only while a rollout is in flight. */
export interface Held {
  /** When this rollout began (RFC 3339); it is the rollout's name, too. */
  readonly started: string;
  readonly phase: Phase;
  /** pod-template-hash of the version that serves. */
  readonly stable: string;
  readonly originals: Originals;
  /** What a profile and the namespace said when the rollout began, as far as the Deployment did not itself. */
  readonly defaults?: readonly Layer[];
  /** We paused the Deployment until the version before is drained; then it is paused as in `originals`. */
  readonly latched?: boolean;
  /** What a person asked for through `serin.dev/promote` or `serin.dev/abort`. */
  readonly asked?: "promote" | "abort";
}

/** The annotation's value. */
export function formatHeld(held: Held): string {
  return JSON.stringify(held);
}

/** Reads the annotation; `undefined` where there is none. Throws when its text is not ours. */
export function heldOf(deployment: Deployment): Held | undefined {
  const text = deployment.metadata.annotations?.[HELD];
  return text === undefined ? undefined : (JSON.parse(text) as Held);
}

/** The object with its record and its mark. */
export function withHeld(object: Deployment, held: Held, old: Deployment): Deployment {
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...object.metadata.labels, [FLIGHT]: old.metadata.uid ?? "" },
      annotations: { ...object.metadata.annotations, [HELD]: formatHeld(held) },
    },
  };
}

/** The user's values, to be kept and given back. */
export function originalsOf(spec: DeploymentSpec): Originals {
  return {
    ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
    ...(spec.progressDeadlineSeconds === undefined
      ? {}
      : { progressDeadlineSeconds: spec.progressDeadlineSeconds }),
    ...(spec.strategy === undefined ? {} : { strategy: spec.strategy }),
    ...(spec.paused ? { paused: true } : {}),
  };
}

/** The native fields while a rollout is in flight. `surge` sizes the canary: "10%" (of replicas, rounded up) or pods. */
export function holdFields(surge: string | number): Required<Omit<Originals, "paused">> {
  return {
    minReadySeconds: MIN_READY_SECONDS,
    progressDeadlineSeconds: PROGRESS_DEADLINE_SECONDS,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: surge } },
  };
}

/** Whether the hold is in force on this spec. */
export function isHeld(spec: DeploymentSpec): boolean {
  return spec.minReadySeconds === MIN_READY_SECONDS;
}

/** The spec under the hold. */
export function hold(spec: DeploymentSpec, surge: string | number): DeploymentSpec {
  return { ...spec, ...holdFields(surge) };
}

/** The spec with the user's own values back; a field that the user never had goes. `paused` is not the hold's. */
export function release(spec: DeploymentSpec, originals: Originals): DeploymentSpec {
  const { minReadySeconds: _m, progressDeadlineSeconds: _p, strategy: _s, ...rest } = spec;
  const { paused: _paused, ...fields } = originals;
  return { ...rest, ...fields };
}

/** The held fields as they must be written to give them back; `undefined` takes one away that the user never had. */
export function givenBack(originals: Originals) {
  const { paused: _paused, ...fields } = originals;
  return { minReadySeconds: undefined, progressDeadlineSeconds: undefined, strategy: undefined, ...fields };
}

/** The spec paused or not, in the form in which the API server stores it. */
export function pause(spec: DeploymentSpec, paused: boolean | undefined): DeploymentSpec {
  const { paused: _was, ...rest } = spec;
  return paused ? { ...rest, paused } : rest;
}

/**
 * The originals after somebody re-applied a manifest in flight: a value that differs from the held one is what the
 * user wants from now on; one that is equal was only echoed.
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
  if (!equal(requested.strategy, held.strategy)) {
    put(next, "strategy", mergeStrategy(originals.strategy, held.strategy, requested.strategy));
  }
  return next;
}

/** How long the user gives a version to become ready, in ms. */
export function progressDeadlineMs(originals: Originals): number {
  return (originals.progressDeadlineSeconds ?? DEFAULT_PROGRESS_DEADLINE_SECONDS) * 1000;
}

/** How many canary pods a surge makes of so many replicas; native control rounds percents up. */
export function surgePods(surge: string | number | undefined, replicas: number): number {
  if (typeof surge === "number") return surge;
  const percent = /^(\d+)%$/.exec(surge ?? "");
  return percent?.[1] === undefined ? 0 : Math.ceil((replicas * Number(percent[1])) / 100);
}

/**
 * That surge, or as much as there are pods beside the stable version. Native control scales all versions of a paused Deployment
 * to replicas + surge together: with less room than they take, it would take stable pods first.
 */
export function withRoom(surge: string | number, replicas: number, pods: number): string | number {
  return surgePods(surge, replicas) < pods ? pods : surge;
}

/** The surge whose pods can carry that share (percent) of the traffic as lightly as the stable ones carry theirs. */
export function surgeFor(weight: number): string {
  return `${Math.max(1, Math.ceil(weight))}%`;
}

function mergeStrategy(
  original: Strategy | undefined,
  held: Strategy | undefined,
  requested: Strategy | undefined,
): Strategy | undefined {
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
