import { ApiError } from "../../kube/client/errors.ts";
import { deployments } from "../../kube/core/resources.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import type { Cluster } from "../frame/cluster.ts";
import type { DryRun } from "./findings.ts";

/** A change of the template that no manifest has. */
export function anotherTemplate(now: string): object {
  return { spec: { template: { metadata: { annotations: { "preflight.serin.dev/at": now } } } } };
}

/**
 * Asks the API server and its webhooks for the answer to a patch, and stores nothing. `warnings` is where the connection
 * collects the API server's warnings. Throws every error but a webhook's refusal.
 */
export async function ask(
  { kube }: Pick<Cluster, "kube">,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  patch: object,
  warnings: readonly string[],
): Promise<DryRun> {
  try {
    const where = { namespace, name, dryRun: true };
    return { object: await kube.strategicPatch<Deployment>(deployments, where, patch), warnings };
  } catch (error) {
    const [, refusal] = (error instanceof ApiError && /denied the request: (.*)$/s.exec(error.message)) || [];
    if (refusal === undefined) throw error;
    return { refusal };
  }
}
