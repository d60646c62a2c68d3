import { replicaSets } from "../kube/resources.ts";
import type { Kube } from "../kube/rest.ts";
import { equal } from "../rollout/equal.ts";
import { reimpose } from "../rollout/intent.ts";
import { isTwin, renarrow, selectorOf, unlessRedirected } from "../rollout/isolation.ts";
import type { ReplicaSet, Route, Service } from "../rollout/objects.ts";
import { HASH_LABEL } from "../rollout/template.ts";
import type { Admit } from "./server.ts";

/**
 * Answers updates of Services in flight: the new selector is the owner's wish, narrowed as the old one was; one that is for
 * other pods altogether leaves the flight. A twin is nobody else's.
 */
export function admitServices(kube: Kube): Admit<Service> {
  return async ({ object, oldObject }) => {
    if (oldObject === null) return { allowed: true, object };
    if (isTwin(oldObject)) return { allowed: false, message: twinRefusal(oldObject) };
    const narrowed = renarrow(object, oldObject);
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
