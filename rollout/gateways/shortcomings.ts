/** For gateways whose metrics have no gRPC statuses. */
export const HTTP_STATUS_ONLY =
  "it counts gRPC calls by their HTTP status, which is 200 for failed calls as well";

/** For gateways that export no latency buckets. */
export const NO_HISTOGRAM = "it has averages only, no histogram";

/** For gateways that split a header's value before they match it. */
export const SPLIT_HEADERS =
  "splits a header at commas before it matches, so it misses a cookie with a comma";

/** For load balancers of AWS. */
export const IN_CLOUDWATCH = "its counts are in CloudWatch, not in Prometheus";
