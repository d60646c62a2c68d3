import type { LeanRoute, Route } from "../../kube/core/routes.ts";
import { FLIGHT } from "../keys.ts";
import { equal } from "../text/equal.ts";
import { isExposed } from "./exposure.ts";
import { matchesOf } from "./matches.ts";
import { backendsOf, rulesOf } from "./overlay.ts";
import { homeOf, isService, routeRecordOf } from "./route-record.ts";
import { parentsNamed } from "./route-status.ts";

/** Reduces a route to what finds it. The decisions about a route that is found need it whole. */
export function leanRoute(route: Route): LeanRoute {
  const { namespace = "", name, uid, resourceVersion, generation, labels } = route.metadata;
  const flight = labels?.[FLIGHT];
  const backends = backendsOf(route);
  const receivers = receiversOf(route);
  return {
    kind: homeOf(route).kind,
    metadata: {
      namespace,
      name,
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(generation !== undefined && { generation }),
      ...(flight !== undefined && { labels: { [FLIGHT]: flight } }),
    },
    backends,
    // One array for most routes, to save memory.
    receivers: equal(receivers, backends) ? backends : receivers,
    parents: parentsNamed(route),
    hostnames: route.spec.hostnames ?? [],
    shares: Object.entries(routeRecordOf(route)?.shares ?? {}).map(([uid, share]) => {
      const { namespace, weight, since } = share;
      return { uid, namespace, weight, exposed: isExposed(share), since };
    }),
    choosesUsers: rulesOf(route)
      .flatMap(matchesOf)
      .some(({ headers = [], queryParams = [] }) => headers.length + queryParams.length > 0),
    size: JSON.stringify(route).length,
  };
}

function receiversOf({ metadata, spec: { rules = [] } }: Route): readonly string[] {
  const refs = rules.flatMap(({ backendRefs = [] }) => backendRefs);
  const filters = [...rules, ...refs].flatMap(({ filters = [] }) => filters);
  const copies = filters.flatMap(({ requestMirror }) => (requestMirror ? [requestMirror.backendRef] : []));
  const found = [...refs, ...copies].filter(isService);
  return [...new Set(found.map(({ namespace = metadata.namespace ?? "", name }) => `${namespace}/${name}`))];
}
