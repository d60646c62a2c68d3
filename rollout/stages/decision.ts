import type { Condition } from "../../kube/core/meta.ts";
import type { Write } from "../../kube/core/writes.ts";
import type { HookCall } from "../hooks/call.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * What is to be done now. Only one of the writes may matter to the next: they run in order and stop at an error, but for
 * routes, of which each is written whatever became of the others.
 */
export interface Decision {
  readonly writes: readonly Write[];
  /** Calls to hooks that should be made when the writes are done; their answers are looked at later. */
  readonly calls?: readonly HookCall[];
  /** Told as the condition `Canary`; absent: leave it. */
  readonly condition?: ConditionUpdate;
  /** Look again after so many ms, even if nothing changes before. */
  readonly waitMs?: number;
}

/** What people read of a rollout's state: one CamelCase reason and one sentence. */
export interface ConditionUpdate {
  readonly status: Condition["status"];
  readonly reason:
    | "Preparing"
    | "Progressing"
    | "Holding"
    | "Promoting"
    | "Promoted"
    | "RolledBack"
    | "Undone";
  readonly message: string;
}

/** A stage of the rollout: what it still has to do, or `undefined` when it is done and the next one may look. */
export type Stage = (snapshot: Snapshot) => Decision | undefined;

/** The first stage that is not done decides. */
export function firstOf(stages: readonly Stage[], snapshot: Snapshot): Decision {
  for (const stage of stages) {
    const decision = stage(snapshot);
    if (decision !== undefined) return decision;
  }
  return { writes: [] };
}
