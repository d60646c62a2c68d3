import { type Condition, type KubeObject as Known, keyOf } from "./meta.ts";

export interface BackendRef {
  group?: string;
  kind?: string;
  name: string;
  namespace?: string;
  port?: number;
  weight?: number;
  [unknown: string]: unknown;
}

export interface RouteRule {
  backendRefs?: BackendRef[];
  [unknown: string]: unknown;
}

export interface ParentStatus {
  controllerName?: string;
  parentRef?: Record<string, unknown>;
  conditions?: Condition[];
}

export interface Route extends Known {
  spec: { rules?: RouteRule[]; [unknown: string]: unknown };
  status?: { parents?: ParentStatus[] };
}

/** Who may name what of the grant's namespace from another one. */
export interface ReferenceGrant extends Known {
  spec: {
    from: readonly { readonly group: string; readonly kind: string; readonly namespace: string }[];
    /** Without a name: all of that kind. */
    to: readonly { readonly group: string; readonly kind: string; readonly name?: string }[];
  };
}

/** The word a route is known by among those of both kinds: `kind/namespace/name`. */
export function routeKeyOf(route: Route): string {
  return `${route.kind === "GRPCRoute" ? route.kind : "HTTPRoute"}/${keyOf(route)}`;
}

export type RouteKind = "HTTPRoute" | "GRPCRoute";
