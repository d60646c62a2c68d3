import type { Route } from "../../kube/core/routes.ts";
import { HELD } from "../keys.ts";
import { formatRouteRecord, routeRecordOf } from "./route-record.ts";

/**
 * A route reduced to what a drain waits for: its parents, their answers, the Services that it names and the shares of rollouts. A
 * user decides how long the rest is.
 */
export function sharesOfRoute(route: Route): Route {
  const { kind, metadata, spec, status } = route;
  const { name, namespace, generation } = metadata;
  const record = routeRecordOf(route);
  const { parentRefs, rules = [] } = spec;
  return {
    ...(kind && { kind }),
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(generation !== undefined && { generation }),
      ...(record && { annotations: { [HELD]: formatRouteRecord({ rules: {}, shares: record.shares }) } }),
    },
    spec: {
      ...(parentRefs && { parentRefs }),
      rules: rules.map(({ backendRefs = [] }) => ({
        backendRefs: backendRefs.map(({ filters: _filters, ...ref }) => ref),
      })),
    },
    ...(status && { status }),
  };
}
