import type { DeploymentStrategy, ReplicaSet } from "../../kube/core/workloads.ts";
import type { Plan } from "../plan/plan.ts";

/** The number of canary pods for a surge; native control rounds percents up. */
export function surgePods(surge: string | number | undefined, replicas: number): number {
  if (typeof surge === "number") return surge;
  const percent = /^(\d+)%$/.exec(surge ?? "");
  return percent?.[1] === undefined ? 0 : Math.ceil((replicas * Number(percent[1])) / 100);
}

/** The pods of a canary with this surge. Native control gives no version more than the Deployment's replicas. */
export function canaryPods(surge: string | number | undefined, replicas: number): number {
  return Math.min(surgePods(surge, replicas), replicas);
}

/** The fewest pods that native control keeps available: percents of maxUnavailable (25% by default) are rounded down. */
export function fewestAvailable(strategy: DeploymentStrategy | undefined, replicas: number): number {
  const unavailable = strategy?.rollingUpdate?.maxUnavailable ?? "25%";
  const pods =
    typeof unavailable === "number"
      ? unavailable
      : Math.floor((replicas * Number.parseInt(unavailable, 10)) / 100);
  return Math.max(1, replicas - pods);
}

/**
 * The surge, but at least the number of pods of other versions. Native control scales all versions of a paused Deployment to
 * replicas + surge together; with a smaller surge it would remove stable pods first.
 */
export function withRoom(surge: string | number, replicas: number, pods: number): string | number {
  return surgePods(surge, replicas) < pods ? pods : surge;
}

/** The number of pods beyond the Deployment's `replicas` that its versions should have together. */
export function podsBeyond(replicas: number, versions: readonly ReplicaSet[]): number {
  return versions.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), -replicas);
}

/** The surge whose pods get no more traffic each than the stable pods, at this weight in percent. */
export function surgeFor(weight: number): string {
  return `${Math.max(1, Math.ceil(weight))}%`;
}

/** The Deployment's surge at this weight in percent; at 0, the surge for the first share. */
export function surgeAt({ size, steps }: Pick<Plan, "size" | "steps">, weight: number): string | number {
  switch (size.kind) {
    case "pods":
      return size.pods;
    case "percent":
      return surgeFor(size.percent);
    case "weight":
      return surgeFor(weight || firstShare(steps));
    default:
      return size satisfies never;
  }
}

/** The canary's first share, in percent of requests or of copies. */
function firstShare(steps: Plan["steps"]): number {
  for (const step of steps) {
    if (step.kind === "weight") return step.weight;
    if (step.kind === "mirror") return step.percent;
  }
  return 100;
}
