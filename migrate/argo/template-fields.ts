import type { FieldTable } from "../fields.ts";

const ENOUGH = "not needed: a sequential test says when the measurements are enough";
const METRIC = "spec.metrics[]";
const PROVIDER = `${METRIC}.provider`;
const OAUTH = "the provider's Secret has `token`, or `username` and `password`";

/** What becomes of each field of an AnalysisTemplate. */
export const analysisTemplateFields: FieldTable = {
  "spec.args": {
    fate: "carried",
    says: "`variables` of the template",
    covers: ["name", "value", "valueFrom"],
  },
  "spec.args[].valueFrom.secretKeyRef": {
    fate: "not",
    says: "credentials belong into the provider's Secret",
  },
  "spec.dryRun": { fate: "differs", says: "the metric is left out, because Serin acts on each check" },
  "spec.measurementRetention": {
    fate: "differs",
    says: "not needed: Serin keeps no measurements as objects",
  },
  "spec.templates": { fate: "carried", says: "their metrics" },
  [`${METRIC}.name`]: { fate: "carried", says: "the name of the metric template" },
  [`${METRIC}.interval`]: { fate: "carried", says: "`interval` of the template" },
  [`${METRIC}.initialDelay`]: { fate: "differs", says: "Serin counts from the first weight on" },
  [`${METRIC}.count`]: { fate: "differs", says: ENOUGH },
  [`${METRIC}.failureLimit`]: {
    fate: "differs",
    says: "a check rolls back when every reading of a whole interval broke it",
  },
  [`${METRIC}.consecutiveErrorLimit`]: {
    fate: "differs",
    says: "without an answer Serin holds: it neither passes nor fails",
  },
  [`${METRIC}.consecutiveSuccessLimit`]: { fate: "differs", says: ENOUGH },
  [`${METRIC}.inconclusiveLimit`]: { fate: "differs", says: "`serin.dev/compare: inconclusive=…`" },
  [`${METRIC}.successCondition`]: {
    fate: "carried",
    says: "a limit in `serin.dev/checks`, if it compares the result with a number",
  },
  [`${METRIC}.failureCondition`]: {
    fate: "carried",
    says: "the opposite limit in `serin.dev/checks`, if it compares the result with a number",
  },
  [`${PROVIDER}.prometheus`]: {
    fate: "carried",
    says: "`query` of the template; the address and headers belong to a provider",
    covers: ["address", "headers", "query"],
  },
  [`${PROVIDER}.prometheus.insecure`]: {
    fate: "not",
    says: "trust your authority by `ca` of the provider's Secret",
  },
  [`${PROVIDER}.prometheus.timeout`]: { fate: "differs", says: "10 s" },
  [`${PROVIDER}.prometheus.authentication`]: { fate: "not", says: OAUTH },
  [`${PROVIDER}.prometheus.rangeQuery`]: {
    fate: "not",
    says: "Serin reads one current number: use `avg_over_time` or the like in the query",
  },
  [`${PROVIDER}.datadog`]: {
    fate: "carried",
    says: "`query` of the template",
    covers: ["query", "secretRef"],
  },
  [`${PROVIDER}.datadog.queries`]: { fate: "not", says: "write one query" },
  [`${PROVIDER}.datadog.formula`]: { fate: "not", says: "write one query" },
  [`${PROVIDER}.datadog.aggregator`]: { fate: "not", says: "Serin takes the newest value" },
  [`${PROVIDER}.datadog.apiVersion`]: { fate: "differs", says: "Serin chooses the API itself" },
  [`${PROVIDER}.datadog.interval`]: {
    fate: "differs",
    says: "Serin asks for the last ten intervals and takes the newest value",
  },
  [`${PROVIDER}.datadog.requestTimeout`]: { fate: "differs", says: "10 s" },
  [`${PROVIDER}.newRelic`]: {
    fate: "carried",
    says: "`query` of the template",
    covers: ["profile", "query"],
  },
  [`${PROVIDER}.newRelic.timeout`]: { fate: "differs", says: "10 s" },
  [`${PROVIDER}.cloudWatch`]: {
    fate: "carried",
    says: "`query` of the template",
    covers: ["metricDataQueries"],
  },
  [`${PROVIDER}.cloudWatch.interval`]: {
    fate: "differs",
    says: "Serin asks for the last ten intervals and takes the newest value",
  },
  [`${PROVIDER}.graphite`]: { fate: "carried", says: "`query` of the template" },
  [`${PROVIDER}.influxdb`]: { fate: "carried", says: "`query` of the template" },
  [`${PROVIDER}.web`]: {
    fate: "carried",
    says: "`query` of a template with a provider of the kind `http`",
    covers: ["url", "jsonPath"],
  },
  [`${PROVIDER}.web.method`]: { fate: "not", says: "Serin sends GET" },
  [`${PROVIDER}.web.body`]: { fate: "not", says: "Serin sends GET, without a body" },
  [`${PROVIDER}.web.jsonBody`]: { fate: "not", says: "Serin sends GET, without a body" },
  [`${PROVIDER}.web.headers`]: { fate: "not", says: OAUTH },
  [`${PROVIDER}.web.authentication`]: { fate: "not", says: OAUTH },
  [`${PROVIDER}.web.insecure`]: { fate: "not", says: "trust your authority by `NODE_EXTRA_CA_CERTS`" },
  [`${PROVIDER}.web.timeoutSeconds`]: { fate: "differs", says: "10 s" },
  [`${PROVIDER}.job`]: {
    fate: "not",
    says: "start the job from a hook of the type `pre-rollout`: docs/hooks.md",
  },
  [`${PROVIDER}.kayenta`]: { fate: "not", says: "Serin compares the versions itself" },
  [`${PROVIDER}.skywalking`]: { fate: "not", says: "Serin has no such provider: use `http`" },
  [`${PROVIDER}.wavefront`]: { fate: "not", says: "Serin has no such provider: use `http`" },
  [`${PROVIDER}.plugin`]: { fate: "not", says: "Serin has no such provider: use `http`" },
};
