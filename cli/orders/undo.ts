import { retryOnConflict } from "../../kube/client/retry-on-conflict.ts";
import { deployments } from "../../kube/core/resources.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { revisionOf } from "../../rollout/workload/revision.ts";
import { lastRunOf } from "../../rollout/workload/run-record.ts";
import { onlyTemplate } from "../../rollout/workload/template.ts";
import { UsageError } from "../frame/failure.ts";
import type { Named } from "./each.ts";
import { type OrderTarget, readTarget } from "./target.ts";

/**
 * Puts the template of the version to which the users should go back into the Deployment, and returns what was done. Only
 * the template: `kubectl rollout undo` replaces the annotations, too, and with them the plan. The template that was read is a
 * condition of the write, so that no newer version is lost.
 */
export async function undoToStable({ kube, namespace, name, isDry }: Named): Promise<string> {
  return retryOnConflict(
    () => readTarget(kube, namespace, name),
    async (target) => {
      const back = versionBefore(target);
      const { uid } = target.deployment.metadata;
      const { template } = target.deployment.spec;
      await kube.jsonPatch<Deployment>(deployments, { namespace, name, dryRun: isDry }, [
        { op: "test", path: "/metadata/uid", value: uid },
        { op: "test", path: "/spec/template", value: template },
        { op: "replace", path: "/spec/template", value: onlyTemplate(back) },
      ]);
      const images = back.spec.template.spec?.containers?.map(({ image }) => image).join(", ");
      return `rolled back to revision ${revisionOf(back)}${images ? ` (${images})` : ""}`;
    },
  );
}

/** The stable version of a rollout in flight; at rest the newest earlier one that has not failed. */
export function versionBefore({
  deployment,
  held,
  stable,
  present,
  replicaSets,
  revision,
}: OrderTarget): ReplicaSet {
  const { name } = deployment.metadata;
  if (deployment.spec.paused) {
    // Serin refuses to abort a version that failed, or one that has lost its stable version.
    const way = held?.phase === "canary" && !held.lost ? "abort" : "resume";
    throw new UsageError(`deployment/${name} is paused: kubectl serin ${way} ${name} first`);
  }
  if (held !== undefined) {
    if (held.phase === "undone")
      throw new UsageError(`deployment/${name} is going back to its stable version already`);
    if (held.phase !== "promoting" && stable === undefined)
      throw new UsageError(
        `deployment/${name}: the ReplicaSet of its stable version is gone: apply its manifest`,
      );
    if (stable !== undefined) return stable;
  }
  const earlier = replicaSets
    .filter((set) => set !== present && Number(revisionOf(set) ?? 0) > 0 && wasGood(set))
    .toSorted((a, b) => Number(revisionOf(b)) - Number(revisionOf(a)));
  const [newest] = earlier;
  if (newest === undefined)
    throw new UsageError(`deployment/${name}: no revision before ${revision} is left that has not failed`);
  return newest;
}

/** A version without a record came natively. */
function wasGood(set: ReplicaSet): boolean {
  const outcome = lastRunOf(set)?.outcome;
  return outcome === undefined || outcome === "promoted";
}
