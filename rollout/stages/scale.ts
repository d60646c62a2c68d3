import { isObserved } from "../../kube/core/observed.ts";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { surgePods } from "../workload/surge.ts";
import { writeScale, writeSurge } from "../workload/writes.ts";
import { type Decision, unlessDone } from "./decision.ts";
import { replicasOf, type Snapshot } from "./snapshot.ts";

/** The pods of all versions but the stable one. */
function otherPods(snapshot: Snapshot): number {
  const { stable } = snapshot;
  return snapshot.replicaSets.reduce(
    (pods, set) => pods + (set === stable ? 0 : (set.spec.replicas ?? 0)),
    0,
  );
}

/** Raises the surge to the number of other pods; with a smaller one, native control would remove pods of both versions. */
export function raiseSurge(snapshot: Snapshot): Decision | undefined {
  const { deployment } = snapshot;
  const surge = deployment.spec.strategy?.rollingUpdate?.maxSurge;
  const pods = otherPods(snapshot);
  return surgePods(surge, replicasOf(deployment)) < pods
    ? { writes: [writeSurge(deployment, pods)] }
    : undefined;
}

/** The versions that are neither stable nor in flight. */
export function earlierOf({ replicaSets, stable, canary }: Snapshot): readonly ReplicaSet[] {
  return replicaSets.filter((set) => set !== stable && set !== canary);
}

/**
 * Removes the pods of earlier versions, such as the kept pod of a failed one. Native control would remove an unready stable
 * pod first, and a restored Service would lead to them.
 */
export function emptyEarlier(snapshot: Snapshot): Decision | undefined {
  const left = earlierOf(snapshot).filter((set) => (set.spec.replicas ?? 0) > 0);
  return unlessDone(left.map((set) => writeScale(set, 0)));
}

/**
 * Brings the stable version to full size if a scale through small numbers or a lost race has left it short. Native control
 * takes none of its pods back: it counts the canary's as not yet available. With a larger surge, it would give the canary
 * the pods that are missing. Only while the Deployment is paused, and for a version without pods, which native control has
 * not sized for the present replicas, it scales both versions to replicas + surge; then the surge must have room first.
 *
 * Native control answers a new number of replicas first: as long as the only version with pods has the right size but is noted
 * for another number, it creates no version.
 */
export function scaleUpStable(snapshot: Snapshot): Decision | undefined {
  const { stable, deployment } = snapshot;
  const wanted = replicasOf(deployment);
  const pods = stable?.spec.replicas ?? 0;
  if (stable === undefined || pods >= wanted) return undefined;
  if (!isObserved(deployment)) return { writes: [] };
  const needsRoom = deployment.spec.paused || pods === 0;
  // At once: native control would give the room to both versions.
  const room = needsRoom ? raiseSurge(snapshot) : undefined;
  return { writes: [...(room?.writes ?? []), writeScale(stable, wanted)] };
}

/**
 * The decision; if it only waits, with the repair of the stable version. Whatever the rollout waits for, such as a route or
 * metrics, it may last, and only stable pods may answer all requests meanwhile. Other writes come first: a refused scale must
 * not keep the weight on a bad canary.
 */
export function withFullStable(snapshot: Snapshot, decision: Decision): Decision {
  if (decision.writes.length > 0) return decision;
  return { ...decision, ...(emptyEarlier(snapshot) ?? scaleUpStable(snapshot)) };
}
