import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { revisionInFlight, revisionOf } from "./revision.ts";

/** The Deployment and its two versions: that of its template, and the stable one. */
interface Versions {
  readonly deployment: Deployment;
  readonly canary: ReplicaSet | undefined;
  readonly stable: ReplicaSet | undefined;
}

/**
 * The command that goes back to the stable version, for a shell. Without a revision, kubectl goes to the newest but one. That is
 * the stable one only once native control has numbered the version in flight, and if no other one came in between. The revisions
 * tell that, not the snapshot, which has no version without pods. kubectl refuses to undo a paused Deployment, so a resume comes
 * first where `isPaused`.
 */
export function kubectlUndo(
  { deployment, canary, stable }: Versions,
  isPaused = deployment.spec.paused === true,
): string {
  const { name } = deployment.metadata;
  const resume = isPaused ? `kubectl rollout resume deployment/${name} && ` : "";
  const plain = `${resume}kubectl rollout undo deployment/${name}`;
  const wanted = stable && revisionOf(stable);
  const inFlight = revisionInFlight(deployment, canary);
  const isNumbered = canary !== undefined && revisionOf(canary) === inFlight;
  const isNext = isNumbered && Number(wanted) + 1 === Number(inFlight);
  return wanted === undefined || isNext ? plain : `${plain} --to-revision=${wanted}`;
}
