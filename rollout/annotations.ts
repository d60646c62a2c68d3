import { parseChecks } from "./checks.ts";
import { parseCompare } from "./compare.ts";
import { parseRoute, parseService } from "./names.ts";
import { type Parsed, parseSet, parseTime, problem } from "./parsed.ts";
import { parseSteps } from "./steps.ts";
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
}

/** Everything under `serin.dev/` that people write on a Deployment. */
export const annotations = {
  rollout: {
    key: "serin.dev/rollout",
    form: "canary",
    doc: "Opts the Deployment in: from now on a change of its pod template is a canary first.",
    example: "canary",
    parse: parseKind,
  },
  steps: {
    key: "serin.dev/steps",
    form: "increasing percentages",
    default: "10, 25, 50",
    doc:
      "The canary's share of traffic, step by step: above 0 up to 100 %, with at most two decimals. " +
      "`10:5m` stays at 10 % for at least 5 minutes. `pause` waits for `kubectl rollout resume`.",
    example: "0.5, 10:5m, pause, 50",
    parse: parseSteps,
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
  checks: {
    key: "serin.dev/checks",
    form: "conditions on success-rate, p50 to p99.9 and metric templates",
    doc:
      "What must hold beside the comparison: `success-rate`, in percent of the requests, the " +
      "latencies `p50` … `p99` and `p99.9`, in `ms` or `s`, and metric templates by their names. " +
      "Absent: `none`, and where `serin.dev/compare` is `off`, `success-rate >= 99%`.",
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
      "(estimated), `inconclusive` (`hold`, `rollback` or `promote`). `off`: only the checks decide.",
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
    form: "names of HTTPRoutes",
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
  promote: verb("promote", "Promotes this revision now, whatever the checks say."),
  abort: verb("abort", "Rolls this revision back now."),
  retry: verb("retry", "Starts this failed revision once more."),
} as const;

/** Keys of features that this version does not have. */
export const later: readonly string[] = ["match", "mirror", "sticky", "hooks", "profile"].map(
  (name) => `serin.dev/${name}`,
);

function oneOf<T extends string>(...choices: readonly T[]) {
  const form = choices.join(" or ");
  const parse = (text: string): Parsed<T> => {
    const value = choices.find((choice) => choice === text.trim());
    return value === undefined ? problem("is neither") : { value };
  };
  return { form, parse };
}

function verb(name: string, doc: string): Annotation<number> {
  const parse = (text: string): Parsed<number> =>
    /^[1-9]\d{0,8}$/.test(text.trim()) ? { value: Number(text) } : problem("is no revision number");
  return { key: `serin.dev/${name}`, form: "a revision number", doc, example: "7", parse };
}

function parseKind(text: string): Parsed<"canary"> {
  const kind = text.trim();
  if (kind === "canary") return { value: kind };
  const known = kind === "blue-green" || kind === "ab-test";
  return problem(known ? "is not available in this version" : "is no kind of rollout");
}
