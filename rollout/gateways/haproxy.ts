import type { Gateway } from "./gateway.ts";
import { definePack } from "./metrics/define.ts";
import { anyPair, literal, matcher } from "./metrics/pattern.ts";
import { podPattern, podStem, stemOf } from "./metrics/pods.ts";
import { NO_HISTOGRAM, SPLIT_HEADERS } from "./shortcomings.ts";

const proxyOfRule = /^([^_]+)_(.+)__rule[0-9]+$/;

/**
 * HAProxy Ingress makes one proxy of each rule, `<ns>_<route>__rule<n>`, with the pods of all its backends as servers
 * (pkg/converters/gateway); servers bear the pods' names only with `backend-server-naming: pod`, and without
 * `dynamic-scaling`, whose slots keep the name of an earlier pod. Latencies are averages.
 */
const pack = definePack({
  name: "HAProxy Ingress",
  counter: "haproxy_server_http_responses_total",
  codeLabels: ["code"],
  selections: (backends) => {
    const routes = anyPair(
      backends.map(({ routeNamespace, route }) => [`${literal(routeNamespace)}_`, literal(route)] as const),
    );
    return [
      [
        matcher("proxy", `${routes}__rule[0-9]+`),
        matcher("server", podPattern(backends.map(({ replicaSet }) => replicaSet))),
      ].join(","),
    ];
  },
  keysFor: ({ routeNamespace, route, replicaSet }) => [`${routeNamespace}/${route}/${podStem(replicaSet)}`],
  keysOf: ({ proxy = "", server = "" }) => {
    const [, namespace, route] = proxyOfRule.exec(proxy) ?? [];
    return route === undefined ? [] : [`${namespace}/${route}/${stemOf(server)}`];
  },
  podOf: ({ server }) => server,
});

/** HAProxy Ingress applies at most one update in 2 s. */
export const haproxy: Gateway = {
  name: "HAProxy Ingress",
  controllers: ["haproxy-ingress.github.io"],
  settleMs: 5_000,
  metrics: {
    pack,
    needs: {
      errors: "it counts per pod only with backend-server-naming: pod and dynamic-scaling: false",
      latency: NO_HISTOGRAM,
    },
  },
  lacks: {
    mirror: "does not accept routes that have a mirror",
    "mirror-percent": "has no mirrors",
    "backend-filters": "ignores filters of backends",
    "query-parameters": "ignores them, so every request would match",
  },
  doubts: { expressions: SPLIT_HEADERS },
};
