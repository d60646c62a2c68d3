import { deployments } from "../../kube/core/resources.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { UsageError } from "../frame/failure.ts";
import type { Named } from "./each.ts";
import { targetOf } from "./target.ts";

/** The field manager of `kubectl rollout`: by it, Serin knows a resume from a manifest that is applied again. */
const AS_KUBECTL = "kubectl-rollout";

/** Pauses or resumes as `kubectl rollout` does, and returns what was done. Throws UsageError if it is so already. */
export async function setPaused({ kube, namespace, name, isDry }: Named, paused: boolean): Promise<string> {
  const found = await kube.get<Deployment>(deployments, { namespace, name });
  if ((found.spec.paused ?? false) === paused)
    throw new UsageError(`deployments.apps "${name}" is ${paused ? "already" : "not"} paused`);
  const { uid } = found.metadata;
  const where = { namespace, name, fieldManager: AS_KUBECTL, dryRun: isDry };
  const after = await kube.mergePatch<Deployment>(deployments, where, {
    metadata: { uid },
    spec: { paused },
  });
  if (!paused && after.spec.paused) throw new UsageError(`deployment/${name} stays paused`);
  if (!paused) return "resumed";
  return targetOf(found, []).held?.phase === "canary"
    ? `paused: the canary keeps its step until kubectl serin resume ${name}; a harmful one is still rolled back`
    : "paused";
}
