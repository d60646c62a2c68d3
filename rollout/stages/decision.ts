import type { Condition } from "../../kube/core/meta.ts";
import type { Write } from "../../kube/core/writes.ts";
import type { HookCall } from "../hooks/call.ts";
import type { Wait } from "../workload/waits.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * The next writes, in order. The controller stops at the first error, except for routes: it attempts each route write even
 * if another one failed.
 */
export interface Decision {
  readonly writes: readonly Write[];
  /** Calls to hooks after the writes; a later pass reads the answers. */
  readonly calls?: readonly HookCall[];
  /** The sentence of an end that is written down, while receivers of notices still have to hear of it. */
  readonly ends?: string;
  /** The new condition `Canary`; absent: leave it. */
  readonly condition?: ConditionUpdate;
  /** Decide again after this many ms, even if nothing changes before. */
  readonly waitMs?: number;
}

/** The state of a rollout for people: one CamelCase reason and one sentence. */
export interface ConditionUpdate {
  readonly status: Condition["status"];
  readonly reason:
    | "Preparing"
    | "Progressing"
    | "Holding"
    | "Promoting"
    | "Promoted"
    | "RolledBack"
    | "Undoing"
    | "Undone"
    | "StableLost";
  readonly message: string;
  /** What a reason that several waits share stands for. */
  readonly wait?: Wait;
}

/** A stage of the rollout: what it still has to do, or `undefined` when it is done and the next stage decides. */
export type Stage = (snapshot: Snapshot) => Decision | undefined;

/** The first stage that is not done decides. */
export function firstOf(stages: readonly Stage[], snapshot: Snapshot): Decision {
  for (const stage of stages) {
    const decision = stage(snapshot);
    if (decision !== undefined) return decision;
  }
  return { writes: [] };
}

/** The decision to write this; `undefined` if there is nothing to write: then the stage is done. */
export function unlessDone(writes: readonly Write[]): Decision | undefined {
  return writes.length === 0 ? undefined : { writes };
}

/** The decision with more words at the end of its sentence; the same without a sentence. */
export function saying(decision: Decision, more: string): Decision {
  const { condition } = decision;
  return condition === undefined
    ? decision
    : { ...decision, condition: { ...condition, message: `${condition.message}${more}` } };
}
