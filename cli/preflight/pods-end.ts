import type { Route } from "../../kube/core/routes.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { gatewaysOf } from "../../rollout/gateways/lookup.ts";
import { settleMs } from "../../rollout/gateways/settle.ts";
import type { Finding } from "../lint/finding.ts";

interface Lifecycle {
  readonly preStop?: {
    readonly sleep?: { readonly seconds?: number };
    readonly exec?: { readonly command?: readonly string[] };
  };
}

/** How long Kubernetes lets a pod end, in seconds, if its template says nothing. */
const USUAL_GRACE_S = 30;
const where = "pods end";

/** Whether a pod that ends serves until the gateways have heard of it. */
export function aboutPodsEnd({ spec }: Deployment, routes: readonly Route[]): Finding {
  const template = spec.template.spec ?? {};
  const hooks = (template.containers ?? []).flatMap(
    (one) => (one.lifecycle as Lifecycle | undefined)?.preStop ?? [],
  );
  const gateways = [...new Set(routes.flatMap(gatewaysOf).map(({ name }) => name))].join(", ");
  const neededS = Math.max(0, ...routes.map(settleMs)) / 1000;
  const follows = gateways === "" ? "" : `; ${gateways} may need ${neededS}s to hear of it`;
  if (hooks.length === 0)
    return {
      kind: "warning",
      where,
      says: `no container has a preStop hook, so a pod that ends may lose requests${follows}: add lifecycle.preStop.sleep.seconds ${Math.max(5, Math.ceil(neededS))}`,
    };
  const sleeps = hooks.map(sleepOf);
  const known = sleeps.filter((seconds) => seconds !== undefined);
  if (known.length === 0) return { kind: "good", where, says: `a container has a preStop hook${follows}` };
  const longest = Math.max(...known);
  const grace = Number(template.terminationGracePeriodSeconds ?? USUAL_GRACE_S);
  if (longest >= grace)
    return {
      kind: "warning",
      where,
      says: `preStop sleeps ${longest}s, and the pod is killed after ${grace}s: raise terminationGracePeriodSeconds`,
    };
  if (longest < neededS)
    return { kind: "warning", where, says: `preStop sleeps only ${longest}s${follows}: sleep longer` };
  return { kind: "good", where, says: `preStop sleeps ${longest}s${follows}` };
}

/** The seconds of a hook that sleeps; `undefined` for another one. */
function sleepOf({ sleep, exec }: NonNullable<Lifecycle["preStop"]>): number | undefined {
  if (sleep?.seconds !== undefined) return sleep.seconds;
  const [, seconds] = /(?:^|[\s;/])sleep (\d+(?:\.\d+)?)\b/.exec((exec?.command ?? []).join(" ")) ?? [];
  return seconds === undefined ? undefined : Number(seconds);
}
