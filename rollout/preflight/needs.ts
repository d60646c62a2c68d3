import type { BackendRef, Route } from "../../kube/core/routes.ts";
import type { Feature } from "../gateways/gateway.ts";
import { weightShareOf } from "../traffic/mirror.ts";
import { rulesOf } from "../traffic/overlay.ts";
import { homeOf, type RouteShare, shareFor } from "../traffic/route-record.ts";

/** The features that a share of a route needs of its gateways, each with the annotation that asks for it. */
export function needsOf(route: Route, share: RouteShare): (readonly [Feature, string])[] {
  const fields = (share.match ?? []).flatMap(({ headers = [], queryParams = [] }) => [
    ...headers,
    ...queryParams,
  ]);
  const isQueried = share.match?.some(({ queryParams = [] }) => queryParams.length > 0);
  const isPartial = (share.mirror ?? 100) < 100 || (share.mirror !== undefined && isShared(route, share));
  const grpc = route.kind === "GRPCRoute";
  return [
    ...(share.mirror === undefined ? [] : ([["mirror", "mirror"]] as const)),
    ...(isPartial ? ([["mirror-percent", "mirror"]] as const) : []),
    ...(share.sticky === undefined || grpc
      ? []
      : ([
          ["backend-filters", "sticky"],
          ["expressions", "sticky"],
        ] as const)),
    ...(fields.some(({ type }) => type === "RegularExpression") ? ([["expressions", "match"]] as const) : []),
    ...(isQueried && !grpc ? ([["query-parameters", "match"]] as const) : []),
  ];
}

/** Whether a rule gives a part of its requests to other backends: copies of all requests would be too many. */
function isShared(route: Route, share: RouteShare): boolean {
  const { namespace } = homeOf(route);
  return rulesOf(route).some(({ backendRefs = [] }) =>
    backendRefs.some((ref) => isOf(share, ref, namespace) && weightShareOf(ref, backendRefs) < 1),
  );
}

/** Whether a backend is one of the Services of a share; `home` is the route's namespace. */
export function isOf(share: RouteShare, ref: BackendRef, home: string): boolean {
  return shareFor(ref, { share }, home) !== undefined;
}
