/**
 * The fields of Kubernetes objects that Serin reads, as the API server's JSON has them. Everything else passes through
 * untouched: objects are never rebuilt from these types, only patched.
 */

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface Meta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  deletionTimestamp?: string;
  creationTimestamp?: string;
  managedFields?: ManagedFields[];
  [unknown: string]: unknown;
}

/** One writer's share of an object, as server-side apply keeps it. */
export interface ManagedFields {
  manager?: string;
  operation?: "Apply" | "Update";
  subresource?: string;
  [unknown: string]: unknown;
}

interface Known {
  apiVersion?: string;
  kind?: string;
  metadata: Meta;
  [unknown: string]: unknown;
}

export interface PodTemplate {
  metadata?: {
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [unknown: string]: unknown;
  };
  spec?: Record<string, unknown>;
}

export interface RollingUpdate {
  maxUnavailable?: number | string;
  maxSurge?: number | string;
}

export interface Strategy {
  type?: "RollingUpdate" | "Recreate";
  rollingUpdate?: RollingUpdate | null;
}

export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason?: string;
  message?: string;
  observedGeneration?: number;
  lastUpdateTime?: string;
  lastTransitionTime?: string;
}

export interface DeploymentSpec {
  replicas?: number;
  paused?: boolean;
  minReadySeconds?: number;
  progressDeadlineSeconds?: number;
  strategy?: Strategy;
  selector: { matchLabels?: Record<string, string>; [unknown: string]: unknown };
  template: PodTemplate;
  [unknown: string]: unknown;
}

export interface Deployment extends Known {
  spec: DeploymentSpec;
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    conditions?: Condition[];
    [unknown: string]: unknown;
  };
}

export interface ReplicaSet extends Known {
  spec: { replicas?: number; template: PodTemplate; [unknown: string]: unknown };
  status?: {
    replicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    observedGeneration?: number;
    conditions?: Condition[];
    [unknown: string]: unknown;
  };
}

export interface ServicePort {
  name?: string;
  port: number;
  protocol?: string;
  targetPort?: number | string;
  appProtocol?: string;
  nodePort?: number;
}

export interface Service extends Known {
  spec: {
    type?: string;
    clusterIP?: string;
    selector?: Record<string, string>;
    ports?: ServicePort[];
    [unknown: string]: unknown;
  };
}

export interface EndpointSlice extends Known {
  /** Null where there are none. */
  endpoints?:
    | readonly {
        addresses?: readonly string[];
        conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean };
        targetRef?: { kind?: string; name?: string; uid?: string };
      }[]
    | null;
}

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

export interface ContainerStatus {
  name: string;
  ready?: boolean;
  restartCount?: number;
  state?: { waiting?: { reason?: string; message?: string } };
}

export interface Pod extends Known {
  status?: {
    phase?: string;
    conditions?: Condition[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

/** The word an object is known by: `namespace/name`. */
export function keyOf(object: { metadata: Meta }): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

/** The word a route is known by among those of both kinds: `kind/namespace/name`. */
export function routeKeyOf(route: Route): string {
  return `${route.kind === "GRPCRoute" ? route.kind : "HTTPRoute"}/${keyOf(route)}`;
}

/** The condition of that type, if the object has one. */
export function conditionOf(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}
