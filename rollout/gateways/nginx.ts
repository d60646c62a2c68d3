import type { Gateway } from "./gateway.ts";
import { definePack } from "./metrics/define.ts";
import { matcher } from "./metrics/pattern.ts";
import { serviceKey, serviceKeys, servicePattern } from "./metrics/services.ts";
import { HTTP_STATUS_ONLY, NO_HISTOGRAM, SPLIT_HEADERS } from "./shortcomings.ts";

const upstream = /^([^_]+)_([^_]+)_[0-9]+$/;

/**
 * NGINX Plus under NGINX Gateway Fabric: answers per peer of the upstream `<ns>_<service>_<port>`. Its latencies are
 * averages, so there are no buckets; open source NGINX has none of this.
 */
const pack = definePack({
  name: "NGINX Plus",
  counter: "nginx_http_upstream_peer_responses_total",
  codeLabels: ["nginx_status_range"],
  selections: (backends) => [matcher("nginx_upstream_name", `${servicePattern(backends, "_")}_[0-9]+`)],
  keysFor: (backend) => [serviceKey(backend)],
  keysOf: ({ nginx_upstream_name: name = "" }) => serviceKeys(upstream.exec(name)),
});

/** NGINX Gateway Fabric reloads for each change, after its agents have it. */
export const nginx: Gateway = {
  name: "NGINX Gateway Fabric",
  controllers: ["gateway.nginx.org"],
  settleMs: 5_000,
  metrics: {
    pack,
    needs: {
      errors: "only NGINX Plus counts per backend, open source NGINX does not",
      latency: NO_HISTOGRAM,
    },
    unusable: { GRPCRoute: HTTP_STATUS_ONLY },
  },
  lacks: { "backend-filters": "answers the share of a backend that has filters with 500" },
  doubts: { expressions: SPLIT_HEADERS },
};
