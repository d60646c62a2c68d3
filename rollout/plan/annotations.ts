import { type Parsed, parseSet, parseTime, problem } from "../text/parse.ts";
import { parseChecks } from "./checks.ts";
import { parseCompare } from "./compare.ts";
import { parseHooks } from "./hooks.ts";
import { parseMatches } from "./match.ts";
import { parseProfile, parseRoute, parseService } from "./names.ts";
import { parseSize } from "./size.ts";
import { parseSteps } from "./steps.ts";
import type { Kind } from "./strategy.ts";
import { parseVariables } from "./variables.ts";

/** One annotation that people write: this row parses it, documents it and words the complaints about it. */
export interface Annotation<T> {
  readonly key: string;
  /** What a value looks like: "increasing percentages". */
  readonly form: string;
  /** The text that an absent annotation stands for. */
  readonly default?: string;
  readonly doc: string;
  readonly example: string;
  readonly parse: (text: string) => Parsed<T>;
  /** The kinds of rollout that it is for; absent: all. */
  readonly only?: readonly Kind[];
}

/** Everything under `serin.dev/` that people write on a Deployment. */
export const annotations = {
  rollout: {
    key: "serin.dev/rollout",
    ...oneOf("canary", "blue-green", "ab-test"),
    doc:
      "Opts the Deployment in: from now on a change of its pod template is a canary first. `canary` gives it more and " +
      "more of the traffic; `blue-green` all at once, beside the whole old version, which is kept until the new one is " +
      "proven; `ab-test` the users of `serin.dev/match` only.",
    example: "canary",
  },
  steps: {
    key: "serin.dev/steps",
    form: "increasing percentages",
    default: "10, 25, 50",
    doc:
      "The canary's share of traffic, step by step: above 0 up to 100 %, with at most two decimals. " +
      "`10:5m` stays at 10 % for at least 5 minutes. `pause` waits for `kubectl rollout resume`. " +
      "For `blue-green`: `100` with the time to keep the old version, and pauses.",
    example: "0.5, 10:5m, pause, 50",
    parse: parseSteps,
    only: ["canary", "blue-green"],
  },
  interval: {
    key: "serin.dev/interval",
    form: "a duration from 1s to 168h",
    default: "1m",
    doc: "The least time at a step that has none of its own.",
    example: "90s",
    parse: parseTime,
  },
  maxInterval: {
    key: "serin.dev/max-interval",
    form: "a duration from serin.dev/interval to 168h",
    default: "10m",
    doc:
      "A step that gets no data goes on after this long; the last step never does. " +
      "Where the interval is longer than the default, it is the default.",
    example: "1h",
    parse: parseTime,
  },
  iterations: {
    key: "serin.dev/iterations",
    form: "a whole number from 1 to 1000",
    default: "10",
    doc: "How many times `serin.dev/interval` an ab-test lasts at least.",
    example: "30",
    parse: parseIterations,
    only: ["ab-test"],
  },
  match: {
    key: "serin.dev/match",
    form: "conditions on headers, cookies and query parameters",
    doc:
      'Who always gets the canary: the users of an `ab-test`, or testers beside the weights. A comma is "or"; `~` ' +
      "instead of `=` is a regular expression for the whole value. Or YAML: a list of matches with `headers`, " +
      "`queryParams` (as in the Gateway API) and `cookies`.",
    example: "header x-canary=insider and query beta=1, cookie canary=always",
    parse: parseMatches,
  },
  mirror: {
    key: "serin.dev/mirror",
    form: "a percentage",
    doc:
      "Before any live traffic the canary gets copies of so many requests, whose answers nobody sees, and is judged by " +
      "them for `serin.dev/interval`. Refused behind gateways that cannot: docs/gateways.md.",
    example: "20%",
    parse: parseMirror,
  },
  sticky: {
    key: "serin.dev/sticky",
    form: "a duration from 1s to 168h",
    doc:
      "Who got the canary keeps it, and who got the stable version keeps that, by a cookie that lives so long after the " +
      "last request. Weights are then shares of the new users.",
    example: "1h",
    parse: parseTime,
    only: ["canary"],
  },
  size: {
    key: "serin.dev/size",
    form: "weight, a number of pods or a percentage of the replicas",
    doc:
      "How many pods the canary has: as many as its present weight needs, or always the same. " +
      "Absent: `weight`; for `blue-green` and `ab-test` `100%`.",
    example: "50%",
    parse: parseSize,
  },
  checks: {
    key: "serin.dev/checks",
    form: "conditions on success-rate, p50 to p99.9 and metric templates",
    doc:
      "What must hold beside the comparison: `success-rate`, in percent of the requests, the " +
      "latencies `p50` … `p99` and `p99.9`, in `ms` or `s`, and metric templates by their names. " +
      "Absent: `none`, and where nothing is compared, `success-rate >= 99%`.",
    example: "success-rate >= 99.5%, p99 <= 500ms",
    parse: parseChecks,
  },
  compare: {
    key: "serin.dev/compare",
    form: "on, off or settings",
    default: "on",
    doc:
      "Canary against stable by a sequential test: taken back when it is worse than `tolerance` times the stable " +
      "version plus `margin`, sent on when the evidence excludes that it costs more than `loss` of all requests. " +
      "Settings: `tolerance` (1.2), `margin` (0.05%), `alpha` (1%), `beta` (5%), `loss` (0.5%), `dispersion` " +
      "(estimated), `inconclusive` (`hold`, `rollback` or `promote`). `off`: only the checks decide. " +
      "Users of an `ab-test` are chosen and not drawn, and after the switch of `blue-green` there is nobody to compare " +
      "with: there only copies (`serin.dev/mirror`) are compared.",
    example: "tolerance=1.5, margin=0.1%",
    parse: parseCompare,
  },
  metrics: {
    key: "serin.dev/metrics",
    ...oneOf("gateway", "application"),
    default: "gateway",
    doc:
      "Who counts the requests: the gateway, per backend, or the application, by " +
      "`http_request_duration_seconds` of its pods.",
    example: "application",
  },
  variables: {
    key: "serin.dev/variables",
    form: "names with values",
    doc: "Values for the `{{ variables.… }}` of metric templates.",
    example: "direction=inbound, code=5..",
    parse: parseVariables,
  },
  hooks: {
    key: "serin.dev/hooks",
    form: "a YAML list of hooks",
    doc:
      "HTTP endpoints that are asked or told at points of the rollout, with the fields of Flagger's webhooks: `type`, " +
      "`name`, `url`, `timeout`, `retries`, `metadata`, `disableTLS`, `muteAlert`. Only hosts that Serin's " +
      "administrator allows: docs/hooks.md.",
    example: "[{type: confirm-promotion, name: gate, url: http://tester.test/gate/check}]",
    parse: parseHooks,
  },
  onFailure: {
    key: "serin.dev/on-failure",
    ...oneOf("hold", "undo"),
    default: "hold",
    doc:
      "What follows when a canary has failed and all traffic is back on the stable version. `hold` leaves " +
      "the pod template as applied, so that Git stays true; `undo` acts as `kubectl rollout undo`.",
    example: "undo",
  },
  services: {
    key: "serin.dev/services",
    form: "names of Services",
    doc: "The Services that carry the traffic. Absent: every one whose selector matches the pods.",
    example: "web, web-admin",
    parse: (text: string) => parseSet(text, parseService, (name) => name),
  },
  routes: {
    key: "serin.dev/routes",
    form: "names of HTTPRoutes or GRPCRoutes",
    doc:
      "The routes to shift; `namespace/name` for one of another namespace. " +
      "Absent: every one with a backendRef to one of the Services.",
    example: "web, edge/web",
    parse: (text: string) => parseSet(text, parseRoute, (route) => `${route.namespace ?? ""}/${route.name}`),
  },
  restart: {
    key: "serin.dev/restart",
    ...oneOf("native", "canary"),
    default: "native",
    doc: "What `kubectl rollout restart` starts: the rolling restart of Kubernetes, or a canary.",
    example: "canary",
  },
  profile: {
    key: "serin.dev/profile",
    form: "the name of a profile",
    doc:
      "A named set of these values, without their prefix: a ConfigMap of that name in Serin's namespace, labelled " +
      '`serin.dev/profile: "true"`. A Deployment\'s own annotations win. `none`: not the one that the namespace names.',
    example: "slow",
    parse: parseProfile,
  },
  track: {
    key: "serin.dev/track",
    ...oneOf("on", "off"),
    default: "on",
    doc:
      "Whether a change of a ConfigMap or Secret that the pod template uses starts a canary of the same image. " +
      'It does only for those labelled `serin.dev/track: "true"`.',
    example: "off",
  },
  promote: verb("promote", "Promotes this revision now, whatever the checks say."),
  abort: verb("abort", "Rolls this revision back now."),
  retry: verb("retry", "Starts this failed revision once more."),
} as const;

function oneOf<T extends string>(...choices: readonly T[]) {
  const form = choices.join(", ").replace(/, (?=[^,]*$)/, " or ");
  const parse = (text: string): Parsed<T> => {
    const value = choices.find((choice) => choice === text.trim());
    return value === undefined ? problem("is none of these") : { value };
  };
  return { form, parse };
}

function verb(name: string, doc: string): Annotation<number> {
  const parse = (text: string): Parsed<number> =>
    /^[1-9]\d{0,8}$/.test(text.trim()) ? { value: Number(text) } : problem("is no revision number");
  return { key: `serin.dev/${name}`, form: "a revision number", doc, example: "7", parse };
}

function parseIterations(text: string): Parsed<number> {
  const value = /^[1-9]\d{0,3}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return value <= 1000 ? { value } : problem("is no such number");
}

function parseMirror(text: string): Parsed<number> {
  const percent = Number(/^(\d{1,3})%?$/.exec(text.trim())?.[1] ?? 0);
  return percent >= 1 && percent <= 100
    ? { value: percent }
    : problem("is no whole percentage from 1% to 100%");
}
