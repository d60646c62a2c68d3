import type { Gateway } from "./gateway.ts";
import type { Backend } from "./metrics/backend.ts";
import { clusterMatcher, clusterRequests, envoyCalls, envoyPack } from "./metrics/envoy.ts";
import type { Undivided } from "./metrics/pack.ts";
import { anyOf, anyPair, literal } from "./metrics/pattern.ts";
import { portKeys, servicePattern, servicePortKeys } from "./metrics/services.ts";

const ofRoute = /^(?:http|grpc)route\/[^/]+\/[^/]+\/rule\/[0-9]+(?:\/backend\/|-mirror-)[0-9]+$/;
const ofService = /^service\/([^/]+)\/([^/]+)\/([0-9]+)(?:\/.+)?$/;

/**
 * Envoy Gateway names a cluster by place, `httproute/<ns>/<route>/rule/<n>/backend/<m>` or `grpcroute/…`
 * (internal/gatewayapi), or with mergeBackends by Service, `service/<ns>/<service>/<port>`. The cluster of a rule whose
 * backends share one ends in `rule/<n>`: it shows that the rule's versions cannot be told apart. So it is also with
 * mergeBackends where the rule has cluster settings of its own, by a BackendTrafficPolicy below the Gateway
 * (hasClusterSettingsBelowGateway). Copies have a cluster of their own in every mode, `rule/<n>-mirror-<filter>`.
 */
const pack = envoyPack({
  name: "Envoy Gateway",
  selection: (backends) => {
    const byService = `service/${servicePattern(backends, "/")}/[0-9]+(?:/.+)?`;
    const places = backends.flatMap((backend) =>
      placesOf(backend).map((place) => [literal(ruleOf(backend)), place] as const),
    );
    return clusterMatcher(anyOf(places.length === 0 ? [byService] : [byService, anyPair(places)]));
  },
  keysFor: (backend) => [...placesOf(backend).map((place) => ruleOf(backend) + place), ...portKeys(backend)],
  keysOf: ({ envoy_cluster_name: name = "" }) =>
    ofRoute.test(name) ? [name] : servicePortKeys(ofService.exec(name)),
  undivided,
});

/** Envoy Gateway streams a change to each proxy separately, within a second. */
export const envoyGateway: Gateway = {
  name: "Envoy Gateway",
  controllers: ["gateway.envoyproxy.io"],
  settleMs: 5_000,
  // With mergeBackends, a cluster goes when no rule gives its Service a weight, and comes back before its endpoints do.
  forgets: true,
  metrics: {
    pack,
    needs: {
      errors:
        "it counts per backend only with mergeBackends, and not behind a route with a BackendTrafficPolicy of its own",
    },
    calls: envoyCalls,
  },
  lacks: {
    "backend-filters":
      "names a backend's cluster differently when the backend gets or loses a filter, and answers with 503 until it knows the endpoints",
  },
};

function undivided(backends: readonly Backend[]): Undivided | undefined {
  const rules = backends.flatMap((backend) =>
    backend.refs.map(({ rule }) => [literal(ruleOf(backend)), `${rule}`] as const),
  );
  if (rules.length === 0) return undefined;
  return {
    series: clusterRequests(anyPair(rules)),
    reason:
      "counts the requests of a rule for all its backends together, so no canary can be judged: set mergeBackends in the " +
      "EnvoyProxy of the Gateway, and if a BackendTrafficPolicy targets the route, let it target the Gateway; or annotate " +
      "serin.dev/metrics: application",
  };
}

function ruleOf({ routeKind, routeNamespace, route }: Backend): string {
  return `${routeKind.toLowerCase()}/${routeNamespace}/${route}/rule/`;
}

function placesOf({ refs, mirrors = [] }: Backend): readonly string[] {
  return [
    ...refs.map(({ rule, backend }) => `${rule}/backend/${backend}`),
    ...mirrors.map(({ rule, filter }) => `${rule}-mirror-${filter}`),
  ];
}
