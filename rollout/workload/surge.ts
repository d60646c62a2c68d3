import type { Plan } from "../plan/plan.ts";

/** How many canary pods a surge makes of so many replicas; native control rounds percents up. */
export function surgePods(surge: string | number | undefined, replicas: number): number {
  if (typeof surge === "number") return surge;
  const percent = /^(\d+)%$/.exec(surge ?? "");
  return percent?.[1] === undefined ? 0 : Math.ceil((replicas * Number(percent[1])) / 100);
}

/**
 * That surge, or as much as there are pods beside the stable version. Native control scales all versions of a paused Deployment
 * to replicas + surge together: with less room than they take, it would take stable pods first.
 */
export function withRoom(surge: string | number, replicas: number, pods: number): string | number {
  return surgePods(surge, replicas) < pods ? pods : surge;
}

/** The surge whose pods can carry that share (percent) of the traffic as lightly as the stable ones carry theirs. */
export function surgeFor(weight: number): string {
  return `${Math.max(1, Math.ceil(weight))}%`;
}

/** The Deployment's surge at that weight (percent); at none, that for what comes first. */
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

/** What the canary gets first, in percent: of requests, or of copies. */
function firstShare(steps: Plan["steps"]): number {
  for (const step of steps) {
    if (step.kind === "weight") return step.weight;
    if (step.kind === "mirror") return step.percent;
  }
  return 100;
}
