import { keyOf } from "../../kube/core/meta.ts";
import type { ParentStatus, Route } from "../../kube/core/routes.ts";
import { ANSWER_TYPES, answersOf, identity } from "../traffic/route-status.ts";

/** A condition of a route that one of its parents does not meet. */
export interface UnmetCondition {
  readonly parent: ParentStatus;
  /** Which condition of which parent; the same at every generation of the route. */
  readonly about: string;
  /** The implementation's own words. */
  readonly message: string;
  /** The implementation has not seen the route's current spec. */
  readonly isOld: boolean;
}

/** What the route's parents do not meet at its current generation. */
export function unmetConditions(route: Route): readonly UnmetCondition[] {
  return answersOf(route).flatMap((parent) =>
    ANSWER_TYPES.flatMap((type) => unmetCondition(route, parent, type) ?? []),
  );
}

function unmetCondition(route: Route, parent: ParentStatus, type: string): UnmetCondition | undefined {
  const { controllerName = "a gateway", conditions = [], parentRef } = parent;
  const condition = conditions.find((candidate) => candidate.type === type);
  const { generation = 0 } = route.metadata;
  // Some implementations leave out the generation. Then only the status counts.
  const isOld = condition !== undefined && (condition.observedGeneration ?? generation) < generation;
  if (!isOld && condition?.status === "True") return undefined;
  const section = `${parentRef?.sectionName ?? ""}:${parentRef?.port ?? ""}`;
  const name = parentRef === undefined ? "" : identity(parentRef, route);
  const message =
    isOld || condition === undefined
      ? `${controllerName} has not yet seen generation ${generation} of route ${keyOf(route)}`
      : `${controllerName} says ${type}=${condition.status} (${condition.reason}) of route ${keyOf(route)}: ${condition.message}`;
  return { parent, about: `${controllerName} ${name} ${section} ${type}`, message, isOld };
}
