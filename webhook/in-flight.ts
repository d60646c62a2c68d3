import type { Kube } from "../kube/client/api.ts";
import { replicaSets } from "../kube/core/resources.ts";
import type { Route } from "../kube/core/routes.ts";
import type { Service } from "../kube/core/services.ts";
import type { ReplicaSet } from "../kube/core/workloads.ts";
import { HASH_LABEL } from "../rollout/keys.ts";
import { equal } from "../rollout/text/equal.ts";
import { isCanaryService } from "../rollout/traffic/canary-service.ts";
import { reisolate, unlessRedirected } from "../rollout/traffic/isolation.ts";
import { reimpose } from "../rollout/traffic/reapply.ts";
import { selectorOf } from "../rollout/traffic/service-record.ts";
import type { Admit } from "./server.ts";

/**
 * Answers updates of Services in flight: the new selector is the owner's wish, narrowed as the old one was; one that is for
 * other pods altogether leaves the flight. A twin is nobody else's.
 */
export function admitServices(kube: Kube): Admit<Service> {
  return async ({ object, oldObject }) => {
    if (oldObject === null) return { allowed: true, object };
    if (isCanaryService(oldObject)) return { allowed: false, message: twinRefusal(oldObject) };
    const narrowed = reisolate(object, oldObject);
    if (equal(selectorOf(narrowed), selectorOf(oldObject))) return { allowed: true, object: narrowed };
    const { namespace } = oldObject.metadata;
    const labelSelector = `${HASH_LABEL}=${oldObject.spec.selector?.[HASH_LABEL]}`;
    const { items } = await kube.list<ReplicaSet>(replicaSets, { namespace }, { labelSelector });
    return { allowed: true, object: unlessRedirected(narrowed, items) };
  };
}

/** A manifest of that name that somebody applies now would take the canary's pods out of it, and be gone with the rollout. */
function twinRefusal({ metadata: { name } }: Service): string {
  return `serin: Service ${name} carries the canary's traffic until the rollout in flight is over; give yours another name`;
}

/** Answers updates of routes in flight: the new rules are the owner's wish, with the flights' shares put into them. */
export const admitRoutes: Admit<Route> = async ({ object, oldObject }) => ({
  allowed: true,
  object: oldObject === null ? object : reimpose(object, oldObject),
});
