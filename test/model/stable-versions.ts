import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import type { HoldRecord } from "../../rollout/workload/hold-record.ts";
import { hashOf, sameTemplate } from "../../rollout/workload/template.ts";
import { runIn } from "./records.ts";

/** Follows which versions the records name as stable. */
export class StableVersions {
  /** Those that records have named, each as `UID/rollout/hash`. */
  readonly #named = new Set<string>();
  /** The UIDs of the ReplicaSets that served without a hold, or without a stable version. */
  readonly #served = new Set<string | undefined>();

  /** Throws if a record that is new names a version that may not have all requests. `own`: the Deployment's ReplicaSets. */
  look(
    { metadata, spec }: Deployment,
    held: HoldRecord | undefined,
    own: readonly ReplicaSet[],
    begunNatively: ReadonlySet<string>,
  ): void {
    const stable = own.find((set) => hashOf(set) === held?.stable);
    if (stable !== undefined && held !== undefined) {
      const named = `${metadata.uid}/${held.started}/${held.stable}`;
      const isNew = !this.#named.has(named);
      this.#named.add(named);
      const outcome = runIn(stable)?.outcome;
      const isProven = outcome === "proven" || outcome === "promoted";
      const isKnown = begunNatively.has(stable.metadata.name) || this.#served.has(stable.metadata.uid);
      if (isNew && !isProven && !isKnown)
        throw new Error(`${named}: names ${stable.metadata.name} as stable, which is ${outcome}`);
    }
    // Without a hold, native control rolls out the template; without a stable version, the versions that are left may serve.
    const serves = (set: ReplicaSet) =>
      held === undefined ? sameTemplate(set.spec.template, spec.template) : (set.spec.replicas ?? 0) > 0;
    if (held === undefined || held.lost || stable === undefined)
      for (const set of own.filter(serves)) this.#served.add(set.metadata.uid);
  }
}
