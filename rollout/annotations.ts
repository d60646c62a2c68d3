import { parseChecks } from "./checks.ts";
import { parseRoute, parseService } from "./names.ts";
import { type Parsed, parseSet, parseTime, problem } from "./parsed.ts";
import { parseSteps } from "./steps.ts";

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
    form: "conditions on success-rate and p50 to p99.9",
    default: "success-rate >= 99%",
    doc:
      "What must hold for the canary to go on: `success-rate`, in percent of the requests, and the " +
      "latencies `p50` … `p99` and `p99.9`, in `ms` or `s`. `none`: only the health of its pods.",
    example: "success-rate >= 99.5%, p99 <= 500ms",
    parse: parseChecks,
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
export const later: readonly string[] = ["compare", "match", "mirror", "sticky", "hooks", "profile"].map(
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
