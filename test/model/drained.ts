import type { ReplicaSet } from "../../kube/core/workloads.ts";
import type { RunRecord } from "../../rollout/workload/run-record.ts";
import { runIn } from "./records.ts";

/** Follows the failed rollouts: which of them the proxy must send nothing any more. */
export class Drained {
  readonly #settleMs: number;
  /** `ReplicaSet/started` → since when (ms) the controller could drain it. */
  readonly #since = new Map<string, number>();
  readonly #drained = new Set<string>();

  /** `settleMs`: how long the drain may take. */
  constructor(settleMs: number) {
    this.#settleMs = settleMs;
  }

  /** Notes the time after the controller has looked. `isHindered`: the API server refuses its writes of routes. */
  look(sets: readonly ReplicaSet[], now: number, isHindered: boolean): void {
    for (const set of sets) {
      const run = runIn(set);
      if (run === undefined) continue;
      const key = keyOf(set, run);
      const since = this.#since.get(key) ?? now;
      if (run.outcome !== "failed" || isHindered) this.#since.delete(key);
      else if (now >= since + this.#settleMs) this.#drained.add(key);
      else this.#since.set(key, since);
    }
  }

  /** Whether this rollout has failed, and its drain must be in force. */
  has(set: ReplicaSet, run: RunRecord): boolean {
    return run.outcome === "failed" && this.#drained.has(keyOf(set, run));
  }
}

function keyOf({ metadata }: ReplicaSet, { started }: RunRecord): string {
  return `${metadata.name}/${started}`;
}
