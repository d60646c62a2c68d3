import type { BackendRef, Route, RouteRule } from "../../kube/core/routes.ts";

/** The shares of Services in a rule, by their names. */
export type Shares = Readonly<Record<string, number>>;

/** Whether one of the route's rules sends requests to this Service. */
export function givesTo(route: Route, service: string): boolean {
  return refsOf(route).some((ref) => ref.name === service && (ref.weight ?? 1) > 0);
}

/** Whether one of the route's rules sends requests to this Service, and does not name the other one. */
export function givesAlone(route: Route, service: string, other: string | undefined): boolean {
  return rulesIn(route).some(
    ({ backendRefs = [] }) =>
      backendRefs.some(({ name, weight = 1 }) => name === service && weight > 0) &&
      !backendRefs.some(({ name }) => name === other),
  );
}

/** Whether one of the route's rules names this Service, at whatever weight. */
export function names(route: Route, service: string): boolean {
  return refsOf(route).some((ref) => ref.name === service);
}

/**
 * The rules with these shares: each rule that names one of the Services gets all of them, those that it has at their places. A
 * Service that was not there is a copy of the first one.
 */
export function withShares(route: Route, shares: Shares): readonly RouteRule[] {
  return rulesIn(route).map((rule) => {
    const { backendRefs = [] } = rule;
    const known = backendRefs.find(({ name }) => name in shares);
    if (known === undefined) return rule;
    const changed = backendRefs.map((ref) => weighted(ref, shares[ref.name]));
    const missing = Object.keys(shares).filter((name) => !backendRefs.some((ref) => ref.name === name));
    const added = missing.map((name) => weighted({ ...plain(known), name }, shares[name]));
    return { ...rule, backendRefs: [...changed, ...added] };
  });
}

/** The rules without a Service. */
export function withoutBackend(route: Route, service: string): readonly RouteRule[] {
  return rulesIn(route).map((rule) => {
    const { backendRefs } = rule;
    return backendRefs === undefined
      ? rule
      : { ...rule, backendRefs: backendRefs.filter(({ name }) => name !== service) };
  });
}

function weighted(ref: BackendRef, weight: number | undefined): BackendRef {
  return weight === undefined ? ref : { ...ref, weight };
}

/** Without filters: those of a rival's backend set its cookies. */
function plain({ filters: _filters, ...ref }: BackendRef): BackendRef {
  return ref;
}

function refsOf(route: Route): readonly BackendRef[] {
  return rulesIn(route).flatMap(({ backendRefs = [] }) => backendRefs);
}

function rulesIn({ spec }: Route): readonly RouteRule[] {
  return spec.rules ?? [];
}
