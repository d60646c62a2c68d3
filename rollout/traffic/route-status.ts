import { keyOf } from "../../kube/core/meta.ts";
import type { ParentRef, ParentStatus, Route } from "../../kube/core/routes.ts";
import { homeOf } from "./route-record.ts";

/** What a gateway or mesh says of a route. Every implementation reports at least one of them. */
export const ANSWER_TYPES = ["Accepted", "ResolvedRefs"] as const;

/**
 * The statuses of the parents that the route names now. The status of a former parent does not count: it stays at the
 * generation at which the route left that parent. That of a policy's controller does not count either.
 */
export function answersOf(route: Route): readonly ParentStatus[] {
  const statuses = (route.status?.parents ?? []).filter(isAnswer);
  const wanted = parentsNamed(route);
  // If a route names no parents, its parents are the cluster's default Gateways.
  if (wanted.length === 0 || "useDefaultGateways" in route.spec) return statuses;
  return statuses.filter(
    ({ parentRef }) => parentRef === undefined || wanted.includes(identity(parentRef, route)),
  );
}

/**
 * The routes whose acceptance a rollout waits for. A route without any status carries no traffic that a gateway or mesh
 * would shift. It gets its weights, but the rollout waits only for the other routes. If no route has a status, it waits for
 * all of them.
 */
export function awaited(routes: readonly Route[]): readonly Route[] {
  const answered = routes.filter((route) => answersOf(route).length > 0);
  return answered.length > 0 ? answered : routes;
}

/** One warning for each route that no gateway or mesh answers for. */
export function unansweredWarnings(routes: readonly Route[]): readonly string[] {
  const waiting = awaited(routes);
  return routes
    .filter((route) => answersOf(route).length === 0)
    .map((route) => {
      const silence = `no ${isOfMesh(route) ? "mesh" : "gateway"} answers for ${homeOf(route).kind} ${keyOf(route)}`;
      return waiting.includes(route)
        ? `${silence}: the canary gets no traffic until one does`
        : `${silence}: it gets the canary's weights, but the rollout does not wait for it`;
    });
}

/** Names of the parents that a route is attached to. A parent has the same name in every route. */
export function parentsNamed(route: Route): readonly string[] {
  return (route.spec.parentRefs ?? []).map((parent) => identity(parent, route));
}

/** Whether the status is that of a gateway or mesh. Controllers of policies write statuses with other conditions. */
export function isAnswer({ conditions }: ParentStatus): boolean {
  return (
    conditions === undefined ||
    conditions.some(({ type }) => (ANSWER_TYPES as readonly string[]).includes(type))
  );
}

/** Whether all parents of the route are Services. */
function isOfMesh({ spec: { parentRefs: parents = [] } }: Route): boolean {
  return parents.length > 0 && parents.every(({ kind }) => kind === "Service");
}

/** Without sections and ports, because some implementations report by listener even if the route names no listener. */
export function identity(parent: ParentRef, { metadata }: Route): string {
  const {
    group = "gateway.networking.k8s.io",
    kind = "Gateway",
    namespace = metadata.namespace,
    name,
  } = parent;
  return `${group}/${kind}/${namespace}/${name}`;
}
