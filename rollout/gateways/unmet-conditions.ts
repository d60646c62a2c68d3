import { type Condition, keyOf } from "../../kube/core/meta.ts";
import type { ParentStatus, Route } from "../../kube/core/routes.ts";
import { ANSWER_TYPES, answersOf, identity } from "../traffic/route-status.ts";

/**
 * Conditions that only some implementations report, each with the status at which the gateway leaves out rules of the route, or
 * the route. With PartiallyInvalid, the Gateway API demands that Accepted stays True. Kong and kgateway say Programmed.
 */
const LOSSES = { PartiallyInvalid: "True", Programmed: "False" } as const;
/** The Gateway API prescribes this beginning where a gateway goes on with the rules as they were before. */
const KEPT = /^fall back/i;

/** A condition of a route that one of its parents does not meet. */
export interface UnmetCondition {
  readonly parent: ParentStatus;
  /** Which condition of which parent; the same at every generation of the route. */
  readonly about: string;
  /** The implementation's own words. */
  readonly message: string;
  /** The implementation's own words; empty if it has not answered. */
  readonly words: string;
  /** The implementation has not seen the route's current spec. */
  readonly isOld: boolean;
  /** The implementation has seen it, and sends no requests by some of its rules, or by any, to whatever backend. */
  readonly isDropped: boolean;
  /** The implementation has seen it, and does not find one of its backends, or may not use it. */
  readonly isUnresolved: boolean;
}

/** What the route's parents do not meet at its current generation. */
export function unmetConditions(route: Route): readonly UnmetCondition[] {
  return answersOf(route).flatMap((parent) => [
    ...ANSWER_TYPES.flatMap((type) => unmetCondition(route, parent, type) ?? []),
    ...Object.entries(LOSSES).flatMap(([type, status]) => lossOf(route, parent, type, status) ?? []),
  ]);
}

function unmetCondition(route: Route, parent: ParentStatus, type: string): UnmetCondition | undefined {
  const condition = parent.conditions?.find((candidate) => candidate.type === type);
  const isOld = condition !== undefined && isBehind(condition, route);
  if (!isOld && condition?.status === "True") return undefined;
  const isDropped = !isOld && type === "Accepted" && condition?.status === "False";
  const isUnresolved = !isOld && type === "ResolvedRefs" && condition?.status === "False";
  const named = { parent, about: aboutOf(route, parent, type), isOld, isDropped, isUnresolved };
  if (!isOld && condition !== undefined) return { ...named, ...saidOf(route, parent, condition) };
  const { controllerName = "a gateway" } = parent;
  const message = `${controllerName} has not yet seen generation ${route.metadata.generation ?? 0} of route ${keyOf(route)}`;
  return { ...named, message, words: "" };
}

/** A condition of which an old value says nothing, nor its absence. */
function lossOf(
  route: Route,
  parent: ParentStatus,
  type: string,
  status: Condition["status"],
): UnmetCondition | undefined {
  const condition = parent.conditions?.find((candidate) => candidate.type === type);
  if (condition?.status !== status || isBehind(condition, route)) return undefined;
  const isDropped = !KEPT.test(condition.message ?? "");
  const about = aboutOf(route, parent, type);
  return { parent, about, ...saidOf(route, parent, condition), isOld: false, isDropped, isUnresolved: false };
}

/** Some implementations leave out the generation. Then only the status counts. */
function isBehind({ observedGeneration }: Condition, { metadata: { generation = 0 } }: Route): boolean {
  return (observedGeneration ?? generation) < generation;
}

function aboutOf(route: Route, { controllerName = "a gateway", parentRef }: ParentStatus, type: string) {
  const section = `${parentRef?.sectionName ?? ""}:${parentRef?.port ?? ""}`;
  const name = parentRef === undefined ? "" : identity(parentRef, route);
  return `${controllerName} ${name} ${section} ${type}`;
}

function saidOf(
  route: Route,
  { controllerName = "a gateway" }: ParentStatus,
  { type, status, reason, message: words = "" }: Condition,
): Pick<UnmetCondition, "message" | "words"> {
  const message = `${controllerName} says ${type}=${status} (${reason}) of route ${keyOf(route)}: ${words}`;
  return { message, words };
}
