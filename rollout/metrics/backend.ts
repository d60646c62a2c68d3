/** One version of one workload behind one route, in every way a gateway's metrics may name it. */
export interface Backend {
  readonly routeNamespace: string;
  readonly route: string;
  /** Of the Service. */
  readonly namespace: string;
  readonly service: string;
  /** Where the route names it: index of the rule, and of the backendRef in it. */
  readonly refs: readonly { readonly rule: number; readonly backend: number }[];
  /** Name of the ReplicaSet whose pods these are: `<deployment>-<hash>`. */
  readonly replicaSet: string;
}
