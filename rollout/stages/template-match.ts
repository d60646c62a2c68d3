import { sameTemplate } from "../workload/template.ts";
import type { Decision } from "./decision.ts";
import { isolationWrites } from "./drain.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Waits until the Deployment's template is the canary's. Until then Serin looks for harm only: it does not know whether the
 * canary that it judged is what native control would promote.
 */
export function awaitMatch(snapshot: Snapshot): Decision | undefined {
  const { deployment, canary } = snapshot;
  if (canary === undefined || sameTemplate(canary.spec.template, deployment.spec.template)) return undefined;
  const message = `the Deployment's template differs from that of canary ${canary.metadata.name}, and no other ReplicaSet has it yet; kubectl rollout undo or serin.dev/abort ends the wait`;
  return {
    writes: isolationWrites(snapshot),
    condition: { status: "Unknown", reason: "Preparing", message },
  };
}
