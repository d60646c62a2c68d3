import type { Resource } from "../../kube/core/resources.ts";
import type { JsonPatch } from "../../kube/core/writes.ts";

/** One write of a switch-over, in the namespace of the application. It may be repeated. */
export type LiveWrite =
  | { readonly verb: "patch"; readonly resource: Resource; readonly name: string; readonly patch: JsonPatch }
  | {
      readonly verb: "delete";
      readonly resource: Resource;
      readonly name: string;
      readonly uid: string | undefined;
      /** Whether what the object owns stays. */
      readonly orphan?: boolean;
    };

/**
 * One step of a switch-over. `S` is what was read of the cluster. Whether a step is done is seen in the cluster and kept nowhere
 * else, so that a command that was killed continues, and every step may be repeated.
 */
export interface LiveStep<S> {
  /** One word, for `--to`. */
  readonly name: string;
  /** What is written: an imperative sentence. */
  readonly does: string;
  /** What is checked before the next step. */
  readonly checks: string;
  /** Who serves the users after the step. */
  readonly serves: string;
  isDone(seen: S): boolean;
  /** Why the step must not be taken; `undefined` if it may. */
  refuses?(seen: S): string | undefined;
  writes(seen: S): readonly LiveWrite[];
  /** What is not in force yet, after the step is done or undone. */
  unready?(seen: S): string | undefined;
  /** How long (ms) proxies and controllers may take to follow, after the step is done or undone. */
  settleMs?(seen: S): number;
  /** Undoes the step; no write where the step had nothing to write, and absent where that is impossible. */
  undo?(seen: S): readonly LiveWrite[];
  /** Whether some of its objects are as after the step, and some as before it; absent where one write is all of it. */
  isHalfDone?(seen: S): boolean;
}

/** The place from which a switch-over starts, for `--to`. */
export const START = "start";

/** What to do next. */
export type LiveMove<S> =
  | { readonly kind: "do" | "undo"; readonly step: LiveStep<S>; readonly writes: readonly LiveWrite[] }
  | { readonly kind: "wait"; readonly why: string }
  | { readonly kind: "refuse"; readonly why: string }
  | { readonly kind: "done" };

/** How many of the steps are done, from the first one on. */
export function doneCount<S>(steps: readonly LiveStep<S>[], seen: S): number {
  const next = steps.findIndex((step) => !step.isDone(seen));
  return next < 0 ? steps.length : next;
}

/**
 * The next move towards `wanted`, the number of steps that are to be done. `restMs` says for how long the number of steps that are
 * done has been the same, as far as the caller knows: after a start it is 0, so that a wait begins anew.
 */
export function nextMove<S>(
  steps: readonly LiveStep<S>[],
  seen: S,
  { wanted, restMs }: { readonly wanted: number; readonly restMs: number },
): LiveMove<S> {
  const done = doneCount(steps, seen);
  const last = steps[done - 1];
  const next = steps[done];
  const isBack = done > wanted;
  // Forwards, the step is taken again. Backwards, it would count as undone after the first of its writes.
  if (done >= wanted && next?.undo !== undefined && next.isHalfDone?.(seen))
    return { kind: "undo", step: next, writes: next.undo(seen) };
  // The step that was changed last: forwards the last one that is done, backwards the one that was just undone.
  const changed = isBack ? next : last;
  const why = changed && unsettled(changed, seen, restMs);
  if (why !== undefined) return { kind: "wait", why };
  if (done === wanted) return { kind: "done" };
  if (isBack) {
    // A step that had nothing to write, such as one about an autoscaler that does not exist, counts as undone.
    const step = steps
      .slice(wanted, done)
      .findLast((one) => one.undo === undefined || one.undo(seen).length > 0);
    if (step === undefined) return { kind: "done" };
    if (step.undo === undefined) return { kind: "refuse", why: `${step.name} cannot be undone` };
    return { kind: "undo", step, writes: step.undo(seen) };
  }
  if (next === undefined) return { kind: "done" };
  const refusal = next.refuses?.(seen);
  if (refusal !== undefined) return { kind: "refuse", why: refusal };
  return { kind: "do", step: next, writes: next.writes(seen) };
}

function unsettled<S>(step: LiveStep<S>, seen: S, restMs: number): string | undefined {
  const why = step.unready?.(seen);
  if (why !== undefined) return why;
  const settleMs = step.settleMs?.(seen) ?? 0;
  return restMs < settleMs ? `${step.name}: ${settleMs / 1000} s until it is in force everywhere` : undefined;
}
