import type { Service } from "../../kube/core/services.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import type { Plan } from "../plan/plan.ts";
import { canaryServiceName, isCanaryService } from "../traffic/canary-service.ts";
import { sharers } from "../traffic/isolation.ts";

/** Who lives in the same namespace. */
interface Neighbours {
  readonly services: readonly Service[];
  readonly deployments: readonly Deployment[];
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
    const taken = reads.services.find(
      (other) => other.metadata.name === canaryServiceName(name) && !isCanaryService(other),
    );
    if (taken !== undefined) {
      return `Service ${canaryServiceName(name)} exists and is not Serin's, but the canary of Service ${name} needs this name; rename it`;
    }
  }
  return undefined;
}
