import type { Gateway } from "./gateway.ts";
import { definePack, first } from "./metrics/define.ts";
import { matcher } from "./metrics/pattern.ts";
import type { Labels } from "./metrics/sample.ts";
import { servicePattern } from "./metrics/services.ts";
import { HTTP_STATUS_ONLY } from "./shortcomings.ts";

/** GKE cuts longer names, so several Services may share a name of this length. */
const longest = 63;
const target = /^gkegw1-[0-9a-z]+-(.+)-[0-9]+-[0-9a-z]+$/;

/**
 * Cloud Load Balancing's metrics of the backend service `gkegw1-<hash>-<ns>-<service>-<port>-<hash>`, as Managed Service for
 * Prometheus names them. "a-b" in namespace "c" and "b" in "c-a" have the same name.
 */
const pack = definePack({
  name: "GKE",
  counter: "loadbalancing_googleapis_com:https_backend_request_count",
  histogram: { metric: "loadbalancing_googleapis_com:https_backend_latencies_bucket", perSecond: 1_000 },
  codeLabels: ["response_code", "response_code_class"],
  selections: (backends) => [
    [
      matcher("monitored_resource", "https_lb_rule"),
      matcher("backend_target_name", `gkegw1-[0-9a-z]+-${servicePattern(backends, "-")}-[0-9]+-[0-9a-z]+`),
    ].join(","),
  ],
  keysFor: ({ namespace, service }) => [`${namespace}-${service}`],
  keysOf: ({ backend_target_name: name = "" }) =>
    (name.length < longest && target.exec(name)?.slice(1)) || [],
  joined: {
    partOf: (key) => key,
    partsOf: ({ namespace, service }) => [`${namespace}-${service}`],
    leadsTo: () => true,
  },
  codeOf,
  // One monitored service counts for all. The series' other labels name the backend.
  targetOf: ({ project_id = "", location = "" }) => `${project_id}/${location}`,
});

/** GKE: Google documents 30 to 60 s for a change of weights. */
export const gke: Gateway = {
  name: "GKE",
  controllers: ["networking.gke.io"],
  settleMs: 90_000,
  metrics: {
    pack,
    needs: {
      errors:
        "its counts come minutes late, through Managed Service for Prometheus: let steps last 5m or more; names of more than about 30 letters (namespace and Service) are cut and cannot be read",
    },
    unusable: { GRPCRoute: HTTP_STATUS_ONLY },
  },
  lacks: { "backend-filters": "does not know filters of backends" },
  doubts: { expressions: "documents exact header matches only" },
};

/** GKE writes a class as a number, "500". */
function codeOf(labels: Labels): string {
  const code = first(labels, ["response_code"]);
  return code || first(labels, ["response_code_class"]).replace(/^([1-5])(?:00)?$/, "$1xx");
}
