import type { RouteKind } from "../../../kube/core/routes.ts";

/** One version of one workload behind one route, in every way a gateway's metrics may name it. */
export interface Backend {
  /** A GRPCRoute's backends are judged by gRPC's statuses: HTTP's is 200 for failures as well. */
  readonly routeKind: RouteKind;
  readonly routeNamespace: string;
  readonly route: string;
  /** Of the Service. */
  readonly namespace: string;
  readonly service: string;
  /** Where the route names it: index of the rule, and of the backendRef in it; and at which port of the Service. */
  readonly refs: readonly { readonly rule: number; readonly backend: number; readonly port?: number }[];
  /** Name of the ReplicaSet whose pods these are: `<deployment>-<hash>`. */
  readonly replicaSet: string;
}
