import { parseSet, parseTime } from "../text/parse.ts";
import { type AnnotationTable, oneOf, parseIterations, parseMirror } from "./annotation.ts";
import { parseHooks } from "./hooks.ts";
import { judging } from "./judging.ts";
import { parseMatches } from "./match.ts";
import { describeRoute, parseProfile, parseRoute, parseService } from "./names.ts";
import { telling } from "./notify.ts";
import { orders } from "./orders.ts";
import { parseSettle } from "./settle.ts";
import { parseSize } from "./size.ts";
import { parseSteps } from "./steps.ts";
import { type Strategy, strategyNames } from "./strategy.ts";

/**
 * Everything under `serin.dev/` that people write on a Deployment. Each row is a field of the plan, under the row's name: the
 * plan's type and its parser follow from this table.
 */
export const annotations = {
  strategy: {
    key: "serin.dev/rollout",
    ...oneOf(strategyNames),
    absent: "canary" as Strategy,
    doc:
      "Opts the Deployment in: each change of its pod template starts a rollout. `canary` gives the new version more and " +
      "more of the traffic. `blue-green` gives it all traffic at once and keeps the whole old version until the new one is " +
      "proven. `ab-test` gives it to the users of `serin.dev/match` only.",
    example: "canary",
  },
  steps: {
    key: "serin.dev/steps",
    form: "increasing percentages",
    default: "10, 25, 50",
    doc:
      "The canary's share of traffic, step by step: above 0 and up to 100 %, with at most two decimals. `10:5m` stays at 10 " +
      "% for at least 5 minutes. `pause` waits for `kubectl rollout resume`. For `blue-green`: `100` with the time to keep " +
      "the old version, and pauses.",
    example: "0.5, 10:5m, pause, 50",
    parse: parseSteps,
  },
  intervalMs: {
    key: "serin.dev/interval",
    form: "a duration from 1s to 168h",
    default: "1m",
    doc: "The shortest time at a step that has no time of its own.",
    example: "90s",
    parse: parseTime,
  },
  maxIntervalMs: {
    key: "serin.dev/max-interval",
    form: "a duration from serin.dev/interval to 168h",
    default: "10m",
    doc:
      "How long a step waits for enough evidence before it continues without. The last step always waits. An interval that " +
      "is longer than the default replaces the default.",
    example: "1h",
    parse: parseTime,
  },
  iterations: {
    key: "serin.dev/iterations",
    form: "a whole number from 1 to 1000",
    default: "10",
    doc: "The shortest time of an `ab-test`, as a multiple of `serin.dev/interval`.",
    example: "30",
    parse: parseIterations,
  },
  match: {
    key: "serin.dev/match",
    form: "conditions on headers, cookies and query parameters",
    doc:
      'The requests that always reach the canary: those of the users of an `ab-test`, or of testers. A comma means "or". ' +
      "`~` instead of `=` compares the whole value with a regular expression. YAML works as well: a list of matches with " +
      "`headers`, `queryParams` (as in the Gateway API) and `cookies`.",
    example: "header x-canary=insider and query beta=1, cookie canary=always",
    parse: parseMatches,
  },
  mirror: {
    key: "serin.dev/mirror",
    form: "a whole percentage from 1% to 100%",
    doc:
      "Before the canary gets live traffic, the gateway sends it copies of this share of the requests and drops the " +
      "answers. Serin judges the canary by them for `serin.dev/interval`. Serin refuses it behind gateways that cannot copy " +
      "requests: docs/gateways.md.",
    example: "20%",
    parse: parseMirror,
  },
  stickyMs: {
    key: "serin.dev/sticky",
    form: "a duration from 1s to 168h",
    doc:
      "Users keep the version that they got first, by a cookie that lasts for this long after their last request. A weight " +
      "is then the share of the new users.",
    example: "1h",
    parse: parseTime,
  },
  settleMs: {
    key: "serin.dev/settle",
    form: "a duration from 1s to 10m",
    doc:
      "How long the [gateway](gateways.md) may take to follow a change, if that is longer than Serin knows or assumes: an " +
      "unknown gateway, one with a larger throttle, or many proxies. Serin waits for it after each change.",
    example: "30s",
    parse: parseSettle,
  },
  size: {
    key: "serin.dev/size",
    form: "weight, a number of pods (3) or a percentage (50%)",
    default: "weight",
    doc:
      "How many pods the canary has: as many as its current weight needs (`weight`), a fixed number of at most all " +
      "replicas, or a percentage of the replicas. The default of `blue-green` and `ab-test` is `100%`.",
    example: "50%",
    parse: parseSize,
  },
  ...judging,
  hooks: {
    key: "serin.dev/hooks",
    form: "a YAML list of hooks",
    absent: [],
    doc:
      "HTTP endpoints that Serin calls at points of the rollout, with the fields of Flagger's webhooks: `type`, `name`, " +
      "`url`, `timeout`, `retries`, `metadata`, `disableTLS`, `muteAlert`. Serin's administrator must allow their hosts: " +
      "docs/hooks.md.",
    example: "[{type: confirm-promotion, name: gate, url: http://tester.test/gate/check}]",
    parse: parseHooks,
  },
  ...telling,
  onFailure: {
    key: "serin.dev/on-failure",
    ...oneOf(["hold", "undo"]),
    default: "hold",
    doc:
      "The action after a canary has failed and the stable version has all traffic again. `hold` leaves the pod template " +
      "as applied, so that it matches Git. `undo` acts as `kubectl rollout undo`.",
    example: "undo",
  },
  services: {
    key: "serin.dev/services",
    form: "names of Services",
    doc: "The Services that carry the traffic. Without it: every Service whose selector matches the pods.",
    example: "web, web-admin",
    parse: (text: string) => parseSet(text, parseService, (name) => name),
  },
  routes: {
    key: "serin.dev/routes",
    form: "names of HTTPRoutes or GRPCRoutes",
    doc:
      "The routes to shift; `namespace/name` for a route of another namespace. Without it: every route with a backendRef to " +
      "one of the Services.",
    example: "web, edge/web",
    parse: (text: string) => parseSet(text, parseRoute, describeRoute),
  },
  restart: {
    key: "serin.dev/restart",
    ...oneOf(["native", "canary"]),
    default: "native",
    doc:
      "The effect of `kubectl rollout restart`: the rolling restart of Kubernetes, or a canary. A restart changes nothing but " +
      "annotations or labels of the pod template named `restartedAt`, `last-restarted`, `redeploy-timestamp` or alike, or " +
      "`cattle.io/timestamp`.",
    example: "canary",
  },
  rollback: {
    key: "serin.dev/rollback",
    ...oneOf(["native", "canary"]),
    default: "native",
    doc:
      "The effect of going back, at rest, to a version that was promoted or was the stable version before the present one: " +
      "the rolling update of Kubernetes at once, or a canary.",
    example: "canary",
  },
  profile: {
    key: "serin.dev/profile",
    form: "the name of a profile",
    doc:
      "A named set of these values, without their prefix: a ConfigMap of that name in Serin's namespace, labelled " +
      '`serin.dev/profile: "true"`. A Deployment\'s own annotations win. `none` ignores the profile that the namespace ' +
      "names.",
    example: "slow",
    parse: parseProfile,
  },
  track: {
    key: "serin.dev/track",
    ...oneOf(["on", "off"]),
    default: "on",
    doc:
      "Whether a change of a ConfigMap or Secret that the pod template uses starts a canary of the same image. Only objects " +
      'with the label `serin.dev/track: "true"` count.',
    example: "off",
  },
  ...orders,
} as const satisfies AnnotationTable;
