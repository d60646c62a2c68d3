import { oneOf } from "./annotation.ts";
import { parseChecks } from "./checks.ts";
import { parseCompare } from "./compare.ts";
import { parseProvider } from "./names.ts";
import { parseVariables } from "./variables.ts";

/** The annotations by which Serin judges a canary. */
export const judging = {
  checks: {
    key: "serin.dev/checks",
    form: "conditions on success-rate, p50 to p99.9 and metric templates",
    default: "none",
    doc:
      "Limits in addition to the comparison: `success-rate` in percent of the requests, the latencies `p50` … `p99` " +
      "and `p99.9` in `ms` or `s`, and metric templates by their names. The default is `success-rate >= 99%` if nothing is " +
      "compared.",
    example: "success-rate >= 99.5%, p99 <= 500ms",
    parse: parseChecks,
  },
  compare: {
    key: "serin.dev/compare",
    form: "on, off or settings",
    default: "on",
    doc:
      "Compares the canary with the stable version by a sequential test. Serin rolls the canary back if it is worse than " +
      "`tolerance` times the stable version plus `margin`, or if more than twice the stable version's share plus `refused` of its answers are 4xx, and lets it continue if the evidence excludes that it costs more " +
      "than `loss` of all requests. Settings: `tolerance` (1.2), `margin` (0.05%), `refused` (5%), `alpha` (1%), `beta` (5%), `loss` " +
      "(0.5%), `dispersion` (estimated), `inconclusive` and `silent` (`hold`, `rollback` or `promote`): the action at the end " +
      "when nothing is proven, and when neither version gets requests. With `off`, only the checks decide. Chance does not choose the users of an `ab-test`, and after the switch of `blue-green` no user is left to " +
      "compare with: in both, Serin compares copies (`serin.dev/mirror`) and no users. After the switch it also compares the share " +
      "of 4xx answers with that of the stable version before the rollout. An `ab-test` whose users get 4xx answers to more than " +
      "half of their requests, or more than `refused` if that is larger, is held.",
    example: "tolerance=1.5, margin=0.1%",
    parse: parseCompare,
  },
  metrics: {
    key: "serin.dev/metrics",
    ...oneOf(["gateway", "envoy", "application"]),
    default: "gateway",
    doc:
      "The source of the request counts: the gateway, for each backend, or its Envoy's own counters, which [Istio](metrics.md#istio) " +
      "has beside its usual ones, or the application, by `http_request_duration_seconds` of its pods.",
    example: "application",
  },
  prometheus: {
    key: "serin.dev/prometheus",
    form: "the name of a provider",
    doc:
      "The [provider](metrics.md#several-prometheus-servers) whose Prometheus counts the requests, if it is not the controller's own. " +
      "An administrator must allow it with `--provider`.",
    example: "mimir",
    parse: parseProvider,
  },
  variables: {
    key: "serin.dev/variables",
    form: "names with values",
    absent: {},
    doc: "Values for the `{{ variables.… }}` of metric templates.",
    example: "direction=inbound, code=5..",
    parse: parseVariables,
  },
} as const;
