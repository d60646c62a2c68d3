import { surgePods } from "../workload/surge.ts";
import { writeScale, writeSurge } from "../workload/writes.ts";
import type { Decision } from "./decision.ts";
import { replicasOf, type Seen, stableOf } from "./snapshot.ts";

/** The pods of all versions but the stable one. */
export function podsBeside(seen: Seen): number {
  const stable = stableOf(seen);
  return seen.replicaSets.reduce((pods, set) => pods + (set === stable ? 0 : (set.spec.replicas ?? 0)), 0);
}

/** Room for them beside the stable version; without it, native control takes pods of both where it scales them together. */
export function makeRoom(seen: Seen): Decision | undefined {
  const { deployment } = seen;
  const surge = deployment.spec.strategy?.rollingUpdate?.maxSurge;
  const pods = podsBeside(seen);
  return surgePods(surge, replicasOf(deployment)) < pods
    ? { writes: [writeSurge(deployment, pods)] }
    : undefined;
}

/** The stable version at full size, where a scale through small numbers or a lost race has left it short. */
export function refill(seen: Seen): Decision | undefined {
  const stable = stableOf(seen);
  const wanted = replicasOf(seen.deployment);
  if (stable === undefined || (stable.spec.replicas ?? 0) >= wanted) return undefined;
  return makeRoom(seen) ?? { writes: [writeScale(stable, wanted)] };
}
