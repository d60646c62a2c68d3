import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { revisionInFlight, revisionOf } from "./revision.ts";

/** The Deployment and its two versions: that of its template, and the stable one. */
interface Versions {
  readonly deployment: Deployment;
  readonly canary: ReplicaSet | undefined;
  readonly stable: ReplicaSet | undefined;
}

/**
 * The command that goes back to the stable version. It names the revision if another one came in between: without it, kubectl goes
 * to the newest revision but one. The revisions tell that, not the snapshot, which has no version without pods. kubectl refuses
 * to undo a paused Deployment, so a resume comes first where `isPaused`.
 */
export function kubectlUndo(
  { deployment, canary, stable }: Versions,
  isPaused = deployment.spec.paused === true,
): string {
  const { name } = deployment.metadata;
  const resume = isPaused ? `kubectl rollout resume deployment/${name} and then ` : "";
  const plain = `${resume}kubectl rollout undo deployment/${name}`;
  const wanted = stable && revisionOf(stable);
  const isNext = Number(wanted) + 1 === Number(revisionInFlight(deployment, canary));
  return wanted === undefined || isNext ? plain : `${plain} --to-revision=${wanted}`;
}
