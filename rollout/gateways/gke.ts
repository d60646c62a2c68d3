import { definePack, first } from "./metrics/define.ts";
import { matcher } from "./metrics/pattern.ts";
import type { Labels } from "./metrics/sample.ts";
import { servicePattern } from "./metrics/services.ts";

/** What does not fit is cut out of the names, so a name of this length may be anybody's. */
const longest = 63;
const target = /^gkegw1-[0-9a-z]+-(.+)-[0-9]+-[0-9a-z]+$/;

/**
 * Cloud Load Balancing's metrics of the backend service `gkegw1-<hash>-<ns>-<service>-<port>-<hash>`, as Managed Service for
 * Prometheus names them. "a-b" in namespace "c" and "b" in "c-a" have the same name.
 */
export const gke = definePack({
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
  codeOf,
  // One service counts for all; what is known of it is in the series' other labels.
  targetOf: ({ project_id = "", location = "" }) => `${project_id}/${location}`,
});

/** A class is written as a number, "500". */
function codeOf(labels: Labels): string {
  const code = first(labels, ["response_code"]);
  return code || first(labels, ["response_code_class"]).replace(/^([1-5])(?:00)?$/, "$1xx");
}
