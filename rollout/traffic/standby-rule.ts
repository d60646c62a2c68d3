import type { BackendRef, RouteRule } from "../../kube/core/routes.ts";
import { brokenLimit } from "./api-limits.ts";
import { type Home, type RouteShare, shareFor } from "./route-record.ts";

/**
 * The rule for gateways that forget a Service's endpoints while no rule gives the Service a weight (Gateway.forgets). It gives
 * both versions' Services one, so that their endpoints are known at every change of weights. It needs a header with the
 * Deployment's UID, which no request has. An expression that no value matches is no way out: Envoy refuses such a one, and
 * with it all routes of the Gateway. None: no share asks for it, or it would break a limit of the API.
 */
export function standbyRules(
  rendered: readonly RouteRule[],
  users: readonly RouteRule[],
  shares: Readonly<Record<string, RouteShare>>,
  home: Home,
): readonly RouteRule[] {
  const backends = new Map<string, BackendRef>();
  const [uid = ""] = Object.keys(shares);
  for (const { group, kind, namespace, name, port } of users.flatMap(({ backendRefs = [] }) => backendRefs)) {
    const ref = { ...present({ group, kind, namespace }), name, ...present({ port }), weight: 1 };
    const share = shareFor(ref, shares, home.namespace);
    if (share?.standby !== true) continue;
    for (const one of [ref, { ...ref, name: share.canaryServices[name] ?? name }])
      backends.set(JSON.stringify(one), one);
  }
  if (backends.size === 0) return [];
  const headers = [{ type: "Exact", name: "serin-standby", value: uid }] as const;
  const rule = { matches: [{ headers }], backendRefs: [...backends.values()] };
  return brokenLimit(home.kind, [...rendered, rule]) === undefined ? [rule] : [];
}

/** The fields with a value. */
function present<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
