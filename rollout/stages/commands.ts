import { revisionInFlight, revisionOf } from "../workload/revision.ts";
import type { Snapshot } from "./snapshot.ts";

/** The command that gives this order about the revision in flight. */
export function orderCommand(
  { deployment, canary }: Pick<Snapshot, "deployment" | "canary">,
  order: "promote" | "abort" | "retry",
) {
  const revision = revisionInFlight(deployment, canary);
  return `kubectl annotate deployment/${deployment.metadata.name} serin.dev/${order}=${revision}`;
}

/**
 * The command that goes back to the stable version. It names the revision if another one came in between: without it, kubectl goes
 * to the newest revision but one. The revisions tell that, not the snapshot, which has no version without pods.
 */
export function kubectlUndo({
  deployment,
  canary,
  stable,
}: Pick<Snapshot, "deployment" | "canary" | "stable">): string {
  const plain = `kubectl rollout undo deployment/${deployment.metadata.name}`;
  const wanted = stable && revisionOf(stable);
  const isNext = Number(wanted) + 1 === Number(revisionInFlight(deployment, canary));
  return wanted === undefined || isNext ? plain : `${plain} --to-revision=${wanted}`;
}
