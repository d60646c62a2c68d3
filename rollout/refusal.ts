import type { Held } from "./hold.ts";
import { isTwin, sharers, twinName } from "./isolation.ts";
import type { Deployment, Route, Service } from "./objects.ts";
import type { Plan } from "./plan.ts";

/** Who lives in the same namespace. */
interface Neighbours {
  readonly services: readonly Service[];
  readonly deployments: readonly Deployment[];
}

/** Why the opt-in cannot be taken away now, and what has to come first. */
export function heldBack({ phase }: Held): string {
  const undo = "undo it (kubectl rollout undo, or the stable version's manifest)";
  const first =
    phase === "canary"
      ? `promote it (annotate serin.dev/promote=<revision>) or ${undo} first`
      : `${undo} first`;
  const state = phase === "failed" ? "the failed version is held" : "a rollout is in flight";
  const wait = phase === "promoting" || phase === "undone" ? "try again when it has ended" : first;
  return `serin.dev/rollout cannot go while ${state}: ${wait}`;
}

/** Of the Services that select a Deployment's pods, those that the plan is about. */
export function wantedServices(plan: Plan, services: readonly Service[]): readonly Service[] {
  return plan.services === undefined
    ? services
    : services.filter((service) => plan.services?.includes(service.metadata.name));
}

/** Whether the plan is about this route, as far as it names routes; a name without a namespace is in the Deployment's. */
export function isWantedRoute(plan: Plan, { metadata }: Route, namespace: string): boolean {
  if (plan.routes === undefined) return true;
  return plan.routes.some(
    (wanted) => wanted.name === metadata.name && (wanted.namespace ?? namespace) === metadata.namespace,
  );
}

/** A name that `serin.dev/services` gives to no Service of these pods: with a slip the canary would be behind none. */
export function misnamed(plan: Plan, found: readonly Service[]): string | undefined {
  const names = found.map(({ metadata }) => metadata.name);
  const wrong = plan.services?.find((name) => !names.includes(name));
  if (wrong === undefined) return undefined;
  return `serin.dev/services: no Service "${wrong}" selects these pods; expected names out of ${names.join(", ") || "none"}`;
}

/** Why these Services cannot be split between two versions. */
export function unsplittable(
  services: readonly Service[],
  old: Deployment,
  reads: Neighbours,
): string | undefined {
  for (const service of services) {
    const { name } = service.metadata;
    const others = sharers(service, old, reads.deployments).map((other) => other.metadata.name);
    if (others.length > 0) {
      return `Service ${name} also selects the pods of Deployment ${others.join(", ")}, so it cannot be narrowed to one version; give it a selector of its own or annotate it serin.dev/isolate: "false"`;
    }
    const taken = reads.services.find((other) => other.metadata.name === twinName(name) && !isTwin(other));
    if (taken !== undefined) {
      return `Service ${twinName(name)} exists and is not Serin's, but the canary of Service ${name} needs this name; rename it`;
    }
  }
  return undefined;
}
