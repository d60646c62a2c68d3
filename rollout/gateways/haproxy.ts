import { definePack } from "./metrics/define.ts";
import { anyPair, literal, matcher } from "./metrics/pattern.ts";
import { podPattern, podStem, stemOf } from "./metrics/pods.ts";

const proxyOfRule = /^([^_]+)_(.+)__rule[0-9]+$/;

/**
 * HAProxy Ingress makes one proxy of each rule, `<ns>_<route>__rule<n>`, with the pods of all its backends as servers
 * (pkg/converters/gateway); servers bear the pods' names only with `backend-server-naming: pod`, and without
 * `dynamic-scaling`, whose slots keep the name of an earlier pod. Latencies are averages.
 */
export const haproxy = definePack({
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
