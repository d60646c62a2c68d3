import type { ReplicaSet } from "../../kube/core/workloads.ts";
import type { RunRecord } from "../../rollout/workload/run-record.ts";

/** The least time (ms) for which a pod must be unready before its version may fail because of it: progressDeadlineSeconds. */
const LEAST_MS = 600_000;

/** Follows since when each version has had an unready pod. */
export class Readiness {
  readonly #shortSince = new Map<string, number>();

  /** Notes the pods of these versions. */
  look(sets: readonly ReplicaSet[], now: number): void {
    for (const { metadata, spec, status } of sets) {
      const isReady = (status?.readyReplicas ?? 0) >= (spec.replicas ?? 0);
      const since = this.#shortSince.get(metadata.name) ?? now;
      this.#shortSince.set(metadata.name, isReady ? Number.POSITIVE_INFINITY : Math.min(since, now));
    }
  }

  /** Throws if this version has just failed because of a pod that was unready for a short time. */
  check({ metadata }: ReplicaSet, { outcome, message }: RunRecord, now: number): void {
    const lasted = now - (this.#shortSince.get(metadata.name) ?? now);
    if (outcome === "failed" && message.includes("did not become ready") && lasted < LEAST_MS)
      throw new Error(`${metadata.name} failed after ${lasted} ms with an unready pod: ${message}`);
  }
}
