/** Of gateways whose metrics have no statuses of gRPC. */
export const HTTP_STATUS_ONLY =
  "it counts calls of gRPC by HTTP's status, which is 200 for those that failed as well";

/** Of gateways that export no buckets of latency. */
export const NO_HISTOGRAM = "it has averages only, no histogram";

/** Of gateways that split a header's value before they match it. */
export const SPLIT_HEADERS =
  "looks at a header piece by piece between commas: a cookie with a comma is missed";
