import { keyOf } from "../../kube/core/meta.ts";
import type { ParentRef, ParentStatus, Route } from "../../kube/core/routes.ts";
import { homeOf } from "./route-record.ts";

/**
 * The statuses of the parents that the route has now. What a former parent has left behind is none of them: it stays at
 * the generation at which the route left it.
 */
export function answersOf(route: Route): readonly ParentStatus[] {
  const statuses = route.status?.parents ?? [];
  const wanted = parentsNamed(route);
  // The parents of a route that names none are the cluster's default Gateways.
  if (wanted.length === 0 || "useDefaultGateways" in route.spec) return statuses;
  return statuses.filter(
    ({ parentRef }) => parentRef === undefined || wanted.includes(identity(parentRef, route)),
  );
}

/**
 * The routes whose acceptance a rollout waits for. One that nobody has ever answered for carries no traffic that a gateway
 * or mesh would shift; among others it gets its weights and is not waited for, alone it is all there is.
 */
export function awaited(routes: readonly Route[]): readonly Route[] {
  const answered = routes.filter((route) => answersOf(route).length > 0);
  return answered.length > 0 ? answered : routes;
}

/** One line for admission on each route that nobody answers for. */
export function unansweredWarnings(routes: readonly Route[]): readonly string[] {
  const waiting = awaited(routes);
  return routes
    .filter((route) => answersOf(route).length === 0)
    .map((route) => {
      const who = `no ${isOfMesh(route) ? "mesh" : "gateway"} answers for ${homeOf(route).kind} ${keyOf(route)}`;
      return waiting.includes(route)
        ? `${who}: the canary gets no traffic until one does`
        : `${who}: it gets the canary's weights, and nobody is waited for`;
    });
}

/** Names of the parents that a route is attached to; the same parent has the same name, whoever names it. */
export function parentsNamed(route: Route): readonly string[] {
  return (route.spec.parentRefs ?? []).map((parent) => identity(parent, route));
}

/** Whether all its parents are Services. */
function isOfMesh({ spec: { parentRefs: parents = [] } }: Route): boolean {
  return parents.length > 0 && parents.every(({ kind }) => kind === "Service");
}

/** Sections and ports are left out: some implementations report by listener where the route names none. */
function identity(parent: ParentRef, { metadata }: Route): string {
  const {
    group = "gateway.networking.k8s.io",
    kind = "Gateway",
    namespace = metadata.namespace,
    name,
  } = parent;
  return `${group}/${kind}/${namespace}/${name}`;
}
