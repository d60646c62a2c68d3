import { definePack } from "./metrics/define.ts";
import { matcher } from "./metrics/pattern.ts";
import { serviceKey, serviceKeys, servicePattern } from "./metrics/services.ts";

const upstream = /^([^_]+)_([^_]+)_[0-9]+$/;

/**
 * NGINX Plus under NGINX Gateway Fabric: answers per peer of the upstream `<ns>_<service>_<port>`. Its latencies are
 * averages, so there are no buckets; open source NGINX has none of this.
 */
export const nginx = definePack({
  name: "NGINX Plus",
  counter: "nginx_http_upstream_peer_responses_total",
  codeLabels: ["nginx_status_range"],
  selections: (backends) => [matcher("nginx_upstream_name", `${servicePattern(backends, "_")}_[0-9]+`)],
  keysFor: (backend) => [serviceKey(backend)],
  keysOf: ({ nginx_upstream_name: name = "" }) => serviceKeys(upstream.exec(name)),
});
