import type { RouteKind } from "../../../kube/core/routes.ts";

/** One version of one workload behind one route, with every name that a gateway's metrics may use. */
export interface Backend {
  /** Serin judges a GRPCRoute's backends by gRPC statuses: the HTTP status is 200 for failures as well. */
  readonly routeKind: RouteKind;
  readonly routeNamespace: string;
  readonly route: string;
  /** The namespace of the Service. */
  readonly namespace: string;
  readonly service: string;
  /** The places in the route: index of the rule, index of the backendRef in it, and port of the Service. */
  readonly refs: readonly { readonly rule: number; readonly backend: number; readonly port?: number }[];
  /** The places of the filters that copy requests to the Service: index of the rule, index of the filter in it. */
  readonly mirrors?: readonly { readonly rule: number; readonly filter: number }[];
  /** Name of the pods' ReplicaSet: `<deployment>-<hash>`. */
  readonly replicaSet: string;
}
