import type { DeploymentSpec } from "../../kube/core/workloads.ts";
import { selectedAlone } from "../preflight/membership.ts";
import { isWantedRoute } from "../preflight/selection.ts";
import { onlyRestarted } from "../workload/restart.ts";
import { originalsNow, type PlannedChange, type TemplateChange } from "./change.ts";
import { afterItsEnd } from "./opt-out.ts";
import { wayBack } from "./way-back.ts";
import { whyIndistinct } from "./without-hash.ts";

/** Whether the request is a restart that Kubernetes is to carry out by itself. */
export function restartsNatively({ object, old, plan }: PlannedChange): boolean {
  return plan.restart === "native" && onlyRestarted(object.spec.template, old.spec.template);
}

/** Why a Deployment at rest gets no canary, although it has opted in; `undefined`: it may get one. */
export function whyNative(change: PlannedChange): string | undefined {
  const { object, old, cluster, routes, plan } = change;
  const { replicas = 1, template } = object.spec;
  if (old.metadata.deletionTimestamp !== undefined)
    return "the Deployment is being deleted, and native control gives it no new pods";
  const alone = whyAlone(object.spec);
  if (alone !== undefined) return alone;
  if (replicas === 0) return "replicas is 0: nothing serves";
  const indistinct = whyIndistinct(change);
  if (indistinct !== undefined) return indistinct;
  const { namespace = "" } = old.metadata;
  const wanted = routes.filter((route) => isWantedRoute(plan, route, namespace));
  return selectedAlone(plan, cluster.services, wanted, { stable: old.spec.template, fresh: template });
}

/**
 * Why no canary may follow on the rollout in flight: the user's own strategy leaves no room for a pod of another version. Native
 * control cannot begin beside the versions in flight, so the rollout has to end first.
 */
export function whyAloneInFlight(change: TemplateChange): string | undefined {
  const { object, old, held } = change;
  if (held === undefined) return undefined;
  const { strategy } = originalsNow(change, held);
  const alone = whyAlone({ ...object.spec, ...(strategy && { strategy }) });
  if (alone === undefined) return undefined;
  // Both end by themselves, and an undo would take back a version that is proven.
  const endsSoon = held.phase === "promoting" || held.phase === "undone";
  const way = endsSoon ? afterItsEnd(old) : `${wayBack(change)}, then set this version again`;
  return `${alone}, and a rollout is in flight: ${way}`;
}

function whyAlone({ strategy, replicas = 1 }: DeploymentSpec): string | undefined {
  if (strategy?.type === "Recreate")
    return "strategy Recreate: two versions of this Deployment may not run side by side";
  const { maxSurge = "25%" } = strategy?.rollingUpdate ?? {};
  return /^0+%?$/.test(String(maxSurge))
    ? `maxSurge is ${maxSurge}: no pod may run beside the wanted ${replicas}`
    : undefined;
}
