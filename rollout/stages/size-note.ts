import { isObserved } from "../../kube/core/observed.ts";
import { surgePods } from "../workload/surge.ts";
import { NOTED, writeSizeNote } from "../workload/writes.ts";
import type { Decision } from "./decision.ts";
import { replicasOf, type Snapshot } from "./snapshot.ts";

/**
 * Corrects native control's note of the Deployment's size on the only version with pods, if that version has the right size.
 * Native control takes a note of another size for a scale that it still has to follow. It then compares the sizes, finds nothing to
 * do, and leaves the note (isScalingEvent and scale in sync.go): until somebody scales again it would create no version.
 */
export function correctSizeNote({ deployment, replicaSets }: Snapshot): Decision | undefined {
  const [only, another] = replicaSets.filter(({ spec }) => (spec.replicas ?? 0) > 0);
  if (only === undefined || another !== undefined || !isObserved(deployment)) return undefined;
  const replicas = replicasOf(deployment);
  const noted = only.metadata.annotations?.[NOTED];
  if (noted === undefined || Number(noted) === replicas || only.spec.replicas !== replicas) return undefined;
  const surge = surgePods(deployment.spec.strategy?.rollingUpdate?.maxSurge, replicas);
  return { writes: [writeSizeNote(only, replicas, replicas + surge)] };
}
