import type { Service, Stranger } from "../../kube/core/services.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import type { Plan } from "../plan/plan.ts";
import { formatProblem } from "../text/parse.ts";
import { quote } from "../text/quote.ts";
import { canaryServiceName, isCanaryService } from "../traffic/canary-service.ts";
import { sharers } from "../traffic/isolation.ts";

/** The objects of the same namespace. */
interface Neighbours {
  readonly services: readonly Service[];
  readonly deployments: readonly Deployment[];
  readonly strangers?: readonly Stranger[];
}

/** Complains about a name in `serin.dev/services` that no Service of these pods has: the canary would be behind no Service. */
export function misnamed(plan: Plan, found: readonly Service[]): string | undefined {
  const names = found.map(({ metadata }) => metadata.name);
  const wrong = plan.services?.find((name) => !names.includes(name));
  if (wrong === undefined) return undefined;
  const use = names.length > 0 ? `use ${names.join(", ")}` : "create a Service whose selector matches them";
  return formatProblem({ what: `no Service ${quote(wrong)} selects these pods`, use }, "serin.dev/services");
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
    const also =
      others.length > 0 ? `the pods of Deployment ${others.join(", ")}` : strangersOf(service, reads);
    if (also !== undefined) {
      const what = `it also selects ${also}, so Serin cannot isolate one version`;
      const use = 'give it a selector of its own, or annotate it serin.dev/isolate: "false"';
      return formatProblem({ what, use }, `Service ${name}`);
    }
    const taken = reads.services.find(
      (other) => other.metadata.name === canaryServiceName(name) && !isCanaryService(other),
    );
    if (taken !== undefined) {
      const what = `it exists and is not Serin's, but the canary of Service ${name} needs this name`;
      return formatProblem({ what, use: "rename it" }, `Service ${canaryServiceName(name)}`);
    }
  }
  return undefined;
}

function strangersOf({ metadata }: Service, { strangers = [] }: Neighbours): string | undefined {
  const own = strangers.filter(({ service }) => service === metadata.name);
  return own.length === 0 ? undefined : own.map(describeStranger).join(" and ");
}

/** A stranger as the object of "selects". */
export function describeStranger({ kind, name }: Stranger): string {
  if (kind === "Pod") return `Pod ${name}`;
  return kind === "EndpointSlice" ? `the addresses of EndpointSlice ${name}` : `the pods of ${kind} ${name}`;
}
