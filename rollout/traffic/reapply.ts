import type { BackendRef, Route, RouteRule } from "../../kube/core/routes.ts";
import { FLIGHT, HELD } from "../keys.ts";
import { equal } from "../text/equal.ts";
import { brokenLimit } from "./api-limits.ts";
import { withoutMirrors } from "./mirror.ts";
import { overlay, restoreRoute, restoreRule, rulesOf, written } from "./overlay.ts";
import { formatRouteRecord, homeOf, type RouteRecord, routeRecordOf } from "./route-record.ts";
import { isAdded, originalOf, partition, serviceOfCanary, withoutCanaries } from "./rule-origin.ts";
import { hasSchemaShape } from "./schema-shape.ts";
import { withoutCookie } from "./sticky.ts";

/**
 * The rules that a user or GitOps engine wants when it writes a route in flight. It may send its manifest (without canary
 * Services) or an edit of the stored route. Rules that Serin had added are dropped. A rule whose fields are as Serin wrote
 * them gets its originals back. Any other rule loses its canary Services, whose weight goes back to their Services.
 */
export function readIntent(requested: Route, old: Route): readonly RouteRule[] {
  const record = routeRecordOf(old);
  const rules = requested.spec.rules ?? [];
  if (record === undefined) return rules;
  const carried = carriedRecord(requested, old);
  if (carried !== undefined && isOverlayOf(requested, carried)) return restoreRoute(rules, carried);
  const { namespace } = homeOf(old);
  const namesCanary = ({ backendRefs = [] }: RouteRule) =>
    backendRefs.some((ref) => serviceOfCanary(ref, record.shares, namespace) !== undefined);
  const [added, users] = partition(old.spec.rules ?? [], record);
  const stored = {
    rules,
    stored: old.spec.rules ?? [],
    wasAdded: (index: number) => record.added?.includes(index) ?? false,
    added,
    users,
  };
  const remainders = added.filter(namesCanary).map((rule) => withoutCanaries(rule, namesCanary));
  const isRemainder = (rule: RouteRule) =>
    remainders.some((remainder) => equal(remainder, rule)) &&
    !users.some((own) => equal(withoutCanaries(own, namesCanary), rule));
  // A manifest holds no added rule, even if one of its rules equals one.
  const isEdit = rules.some((rule) => namesCanary(rule) || isRemainder(rule));
  const isDropped = (rule: RouteRule, i: number) =>
    isEdit && (isRemainder(rule) || isAdded(rule, i, stored, namesCanary));
  return rules
    .filter((rule, i) => !isDropped(rule, i))
    .map((rule, i) => {
      const original = originalOf(record, users, rule, i, namespace);
      return original === undefined
        ? withoutOverlay(rule, record.shares, namespace)
        : restoreRule(rule, original);
    });
}

/**
 * The route to store when a user wrote it in flight. A route that the API server will refuse for its schema stays as it is, so
 * that the user reads the API server's sentence about it.
 */
export function reimpose(requested: Route, old: Route): Route {
  const before = routeRecordOf(old);
  if (before === undefined || !hasSchemaShape(requested)) return requested;
  const { rules, record } = written(readIntent(requested, old), before.shares, homeOf(old), before);
  return {
    ...requested,
    metadata: {
      ...requested.metadata,
      labels: { ...requested.metadata.labels, [FLIGHT]: old.metadata.labels?.[FLIGHT] ?? "" },
      annotations: { ...requested.metadata.annotations, [HELD]: formatRouteRecord(record) },
    },
    spec: { ...requested.spec, rules: [...rules] },
  };
}

/**
 * The limit of the Gateway API that a reimposed route breaks only with Serin's additions; `undefined` also if the user's own
 * rules break one: the API server's sentence about them says enough.
 */
export function addedLimit(route: Route): string | undefined {
  const { kind } = homeOf(route);
  return brokenLimit(kind, rulesOf(route)) === undefined
    ? brokenLimit(kind, route.spec.rules ?? [])
    : undefined;
}

/**
 * The record in a request: that of Serin's own answer if the API server asks again about it, or that of an older dump. If
 * it is the stored record and every rule is a stored one, the stored route decides: rules that only moved may be equal, and
 * each keeps its own originals.
 */
function carriedRecord(requested: Route, old: Route): RouteRecord | undefined {
  const isSame = requested.metadata.annotations?.[HELD] === old.metadata.annotations?.[HELD];
  const isKnown = (rule: RouteRule) => old.spec.rules?.some((was) => equal(was, rule)) ?? false;
  if (isSame && (requested.spec.rules ?? []).every(isKnown)) return undefined;
  return routeRecordOf(requested);
}

/** Whether the requested rules are exactly the overlay that the record in the request describes. */
function isOverlayOf(requested: Route, carried: RouteRecord): boolean {
  const rules = requested.spec.rules ?? [];
  return equal(overlay(restoreRoute(rules, carried), carried.shares, homeOf(requested)), rules);
}

/** An edited rule without canary Services, Serin's cookies and copies. */
function withoutOverlay(rule: RouteRule, shares: RouteRecord["shares"], home: string): RouteRule {
  const refs = rule.backendRefs;
  if (refs === undefined) return rule;
  const canaryWeights = new Map<string, number[]>();
  const users: BackendRef[] = [];
  for (const ref of refs) {
    const service = serviceOfCanary(ref, shares, home);
    if (service === undefined) users.push(withoutCookies(ref, shares));
    else append(canaryWeights, identity(service, ref, home), ref.weight ?? 1);
  }
  const backendRefs = users.map((ref) => {
    // Canary Services stand in the order of their Services, so a Service that is named twice gets each weight back.
    const extra = canaryWeights.get(identity(ref.name, ref, home))?.shift() ?? 0;
    return extra === 0 ? ref : { ...ref, weight: (ref.weight ?? 1) + extra };
  });
  return withoutMirrors({ ...rule, backendRefs }, (ref) => serviceOfCanary(ref, shares, home) !== undefined);
}

function withoutCookies(ref: BackendRef, shares: RouteRecord["shares"]): BackendRef {
  return Object.values(shares).reduce(
    (rest, { sticky }) => (sticky === undefined ? rest : withoutCookie(rest, sticky)),
    ref,
  );
}

function append(weights: Map<string, number[]>, key: string, weight: number): void {
  weights.set(key, [...(weights.get(key) ?? []), weight]);
}

function identity(service: string, ref: BackendRef, home: string): string {
  return `${ref.namespace ?? home}/${service}:${ref.port ?? ""}`;
}
