import { type Condition, type KubeObject as Known, keyOf, type Meta } from "./meta.ts";

/** A backend of a rule: a Service, unless group and kind name another one. */
export interface BackendRef {
  group?: string;
  kind?: string;
  name: string;
  namespace?: string;
  port?: number;
  weight?: number;
  filters?: readonly RouteFilter[];
  [unknown: string]: unknown;
}

/** A change of a request or of its answer; the field that fits `type` says which. */
export interface RouteFilter {
  readonly type?: string;
  readonly requestHeaderModifier?: HeaderModifier;
  readonly responseHeaderModifier?: HeaderModifier;
  readonly requestMirror?: { readonly backendRef: BackendRef; readonly [unknown: string]: unknown };
  readonly requestRedirect?: PathChange;
  readonly urlRewrite?: PathChange;
  readonly [unknown: string]: unknown;
}

/** Headers to add, to set and to remove. */
export interface HeaderModifier {
  readonly add?: readonly HeaderValue[];
  readonly set?: readonly HeaderValue[];
  readonly remove?: readonly string[];
}

/** A header and its value. */
export interface HeaderValue {
  readonly name: string;
  readonly value: string;
}

/** A filter that may change the path. */
interface PathChange {
  readonly path?: { readonly type?: string; readonly [unknown: string]: unknown };
  readonly [unknown: string]: unknown;
}

/** A condition on a header or on a query parameter. */
export interface FieldMatch {
  readonly type?: "Exact" | "RegularExpression";
  readonly name: string;
  readonly value: string;
}

/** A request that fulfils all of these; `method` is a string in an HTTPRoute and an object in a GRPCRoute. */
export interface RuleMatch {
  readonly path?: { readonly type?: string; readonly value?: string };
  readonly method?: unknown;
  readonly headers?: readonly FieldMatch[];
  readonly queryParams?: readonly FieldMatch[];
  readonly [unknown: string]: unknown;
}

/** The requests that fulfil at least one match, and their backends. */
export interface RouteRule {
  matches?: readonly RuleMatch[];
  filters?: readonly RouteFilter[];
  backendRefs?: BackendRef[];
  [unknown: string]: unknown;
}

/** The parent of a route: a Gateway (the default), or a Service, whose callers' mesh does the routing (GAMMA). */
export interface ParentRef {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly [unknown: string]: unknown;
}

/** The status of a route at one of its parents, from one implementation. */
export interface ParentStatus {
  controllerName?: string;
  parentRef?: ParentRef;
  conditions?: Condition[];
}

/** An HTTPRoute or a GRPCRoute. */
export interface Route extends Known {
  spec: {
    parentRefs?: readonly ParentRef[];
    hostnames?: readonly string[];
    rules?: RouteRule[];
    [unknown: string]: unknown;
  };
  status?: { parents?: ParentStatus[] };
}

/** The permission for routes of other namespaces to name objects of the grant's namespace. */
export interface ReferenceGrant extends Known {
  spec: {
    from: readonly { readonly group: string; readonly kind: string; readonly namespace: string }[];
    /** Without a name: all objects of the kind. */
    to: readonly { readonly group: string; readonly kind: string; readonly name?: string }[];
  };
}

/** What Serin keeps in memory of every route of the cluster: enough to find the routes that matter to a Deployment. */
export interface LeanRoute extends Known {
  readonly kind: RouteKind;
  /** Name, namespace, uid, resourceVersion, generation, and Serin's own label. */
  readonly metadata: Meta;
  /** The Services that its rules name, as its user wrote them: `namespace/name`. */
  readonly backends: readonly string[];
  /** Every Service to which its rules send requests or copies, Serin's canary Services among them: `namespace/name`. */
  readonly receivers: readonly string[];
  /** The identities of its parents; see parentsNamed. */
  readonly parents: readonly string[];
  readonly hostnames: readonly string[];
  /** The rollouts with a share in it. */
  readonly shares: readonly LeanShare[];
  /** Whether one of its rules matches headers or query parameters. */
  readonly choosesUsers: boolean;
  /** The length of the whole route's JSON, in characters. */
  readonly size: number;
}

/** The rollout of a share, by the UID of its Deployment and the namespace that the share names. */
export interface ShareOwner {
  readonly uid: string;
  readonly namespace: string;
}

/** What decides which shares Serin reads first. */
export interface LeanShare extends ShareOwner {
  /** Percentage of the requests. */
  readonly weight: number;
  /** Whether the canary gets any traffic by it, copies included. */
  readonly exposed: boolean;
  /** When it was written (RFC 3339). */
  readonly since: string;
}

/** The key of a route among the routes of both kinds: `kind/namespace/name`. */
export function routeKeyOf(route: Pick<Known, "kind" | "metadata">): string {
  return `${route.kind === "GRPCRoute" ? route.kind : "HTTPRoute"}/${keyOf(route)}`;
}

/** The kinds of routes that Serin changes. */
export type RouteKind = "HTTPRoute" | "GRPCRoute";
