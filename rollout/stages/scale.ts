import { surgePods } from "../workload/surge.ts";
import { writeScale, writeSurge } from "../workload/writes.ts";
import type { Decision } from "./decision.ts";
import { replicasOf, type Snapshot } from "./snapshot.ts";

/** The pods of all versions but the stable one. */
function podsBeside(snapshot: Snapshot): number {
  const { stable } = snapshot;
  return snapshot.replicaSets.reduce(
    (pods, set) => pods + (set === stable ? 0 : (set.spec.replicas ?? 0)),
    0,
  );
}

/** Room for them beside the stable version; without it, native control takes pods of both where it scales them together. */
export function raiseSurge(snapshot: Snapshot): Decision | undefined {
  const { deployment } = snapshot;
  const surge = deployment.spec.strategy?.rollingUpdate?.maxSurge;
  const pods = podsBeside(snapshot);
  return surgePods(surge, replicasOf(deployment)) < pods
    ? { writes: [writeSurge(deployment, pods)] }
    : undefined;
}

/** The stable version at full size, where a scale through small numbers or a lost race has left it short. */
export function scaleUpStable(snapshot: Snapshot): Decision | undefined {
  const { stable } = snapshot;
  const wanted = replicasOf(snapshot.deployment);
  if (stable === undefined || (stable.spec.replicas ?? 0) >= wanted) return undefined;
  return raiseSurge(snapshot) ?? { writes: [writeScale(stable, wanted)] };
}
