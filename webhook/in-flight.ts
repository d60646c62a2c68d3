import type { Kube } from "../kube/client/api.ts";
import { listNamespace } from "../kube/client/namespace-list.ts";
import { replicaSets } from "../kube/core/resources.ts";
import type { Route } from "../kube/core/routes.ts";
import type { Service } from "../kube/core/services.ts";
import type { ReplicaSet } from "../kube/core/workloads.ts";
import { HASH_LABEL } from "../rollout/keys.ts";
import { equal } from "../rollout/text/equal.ts";
import { isCanaryService } from "../rollout/traffic/canary-service.ts";
import { reisolate, unlessRedirected } from "../rollout/traffic/isolation.ts";
import { protocolWarnings } from "../rollout/traffic/protocol-annotations.ts";
import { addedLimit, reimpose } from "../rollout/traffic/reapply.ts";
import { selectorOf } from "../rollout/traffic/service-record.ts";
import { portWarnings } from "../rollout/traffic/target-ports.ts";
import { leanReplicaSet } from "../rollout/workload/lean-replica-set.ts";
import type { Lanes } from "./lanes.ts";
import type { Admit } from "./server.ts";

/**
 * Answers updates of Services in flight. Serin isolates the Service with its new selector as it did with the old one. A
 * Service whose new selector matches other pods leaves the rollout. Serin refuses every change of a canary Service.
 */
export function admitServices(kube: Kube, lanes: Lanes): Admit<Service> {
  return async ({ object, oldObject, length, timeoutMs }) => {
    if (oldObject === null) return { allowed: true, object };
    if (isCanaryService(oldObject)) return { allowed: false, message: canaryServiceRefusal(oldObject) };
    const isolated = reisolate(object, oldObject);
    const warnings = [...portWarnings(isolated), ...protocolWarnings(isolated)];
    if (equal(selectorOf(isolated), selectorOf(oldObject)))
      return { allowed: true, object: isolated, warnings };
    const { namespace = "" } = oldObject.metadata;
    const labelSelector = `${HASH_LABEL}=${oldObject.spec.selector?.[HASH_LABEL]}`;
    const read = () =>
      listNamespace<ReplicaSet>(kube, replicaSets, { namespace, labelSelector }, leanReplicaSet);
    const look = async () => unlessRedirected(isolated, await read());
    const redirected = await lanes.run(namespace, look, { size: length, timeoutMs });
    return { allowed: true, object: redirected, warnings };
  };
}

/** A user's manifest of that name would take the canary's pods out of the Service, and Serin would delete it later. */
function canaryServiceRefusal({ metadata: { name } }: Service): string {
  return `Service ${name} carries the canary's traffic until the rollout in flight is over; give yours another name`;
}

/**
 * Answers updates of routes in flight. Serin adds the shares of all rollouts to the user's new rules, and refuses rules that are
 * too large only with them: the API server would count rules that the user never wrote.
 */
export const admitRoutes: Admit<Route> = async ({ object, oldObject }) => {
  const route = oldObject === null ? object : reimpose(object, oldObject);
  const limit = route === object ? undefined : addedLimit(route);
  if (limit === undefined) return { allowed: true, object: route };
  const { namespace, name } = object.metadata;
  return { allowed: false, message: `route ${namespace}/${name}: during the rollout, ${limit}` };
};
