import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Feature, Gateway } from "../rollout/gateways/gateway.ts";
import { gateways } from "../rollout/gateways/registry.ts";
import { policyKinds } from "../rollout/preflight/policy-kinds.ts";
import { trialsTable } from "./gateway-trials.ts";

const features: readonly (readonly [title: string, features: readonly Feature[]])[] = [
  ["`mirror`", ["mirror", "mirror-percent"]],
  ["`sticky`", ["backend-filters", "expressions"]],
  ["`match` by cookie or expression", ["expressions"]],
  ["`match` by query parameter", ["query-parameters"]],
];

/** What `npm run gateway-check` found, as it writes it. */
interface Run {
  readonly gateway: string;
  readonly date: string;
  readonly settle: { readonly statusMs?: number; readonly firstMs: number; readonly lastMs: number };
  readonly losses: Readonly<
    Record<string, { readonly requests: number; readonly lost: number; readonly wrong: number }>
  >;
}

const folder = new URL("gateway-runs/", import.meta.url);
const runs: readonly Run[] = readdirSync(folder)
  .toSorted()
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")));
/** Run once by hand, before there was a command. */
const byHand: Readonly<Record<string, string>> = {
  "HAProxy Ingress": "once by hand, 0.17.0-alpha.2, 2026-11-28",
};

/** The features of each Gateway API implementation, in Markdown, from the files by which admission refuses and warns. */
export function gatewaysPage(): string {
  const known = Object.values<Gateway>(gateways);
  return `# Gateways

<!-- Written by \`npm run docs\` from rollout/gateways/. -->

Serin knows a Gateway API implementation by the \`controllerName\` that it writes into a route's status. If an
implementation does not support a setting, admission refuses the setting and names the reason. If the result may differ,
admission warns. Every implementation supports weights and matches on exact headers. The last column says whether the row was
[run](#what-was-run) or follows the implementation's sources and documents.

| | follows a change within | ${features.map(([title]) => title).join(" | ")} | metrics of each version | seen |
|---|--:|${features.map(() => "---").join("|")}|---|---|
${known.map(row).join("\n")}
| any other | 10 s | refused | refused | with a warning | with a warning | the application's | |

An expression compares the whole value everywhere: Serin anchors it, because some implementations match the whole value
and others search in it. No condition of the Gateway API says that the proxies have applied a change, so Serin waits
after each change for the time in the second column. If your gateway needs longer, as an unknown one or one with many
proxies may, annotate \`serin.dev/settle: 30s\` on the Deployment, in its [profile](profiles.md) or on its namespace.
Admission warns of a gateway that Serin does not know. If the requests show that the gateway took longer than that for a
rollout's first weight, up to two minutes, Serin waits for as long after each later change of this rollout. The few requests of
a quiet service do not show it.

${known.flatMap(notes).join("\n")}

## What was run

\`npm run gateway-check -- --gateway NAME\` sends real requests through a gateway of the tests' cluster, and counts: weights,
matches, copies and filters, how soon a change is in force, and the requests and gRPC calls that each kind of change costs.
\`kubectl serin doctor --gateway\` does the same with [a Gateway of yours](kubectl-serin-orders.md#a-gateway).

The table has the last runs on the tests' cluster, with one proxy each and 200 requests a second on a shared machine of two
cores: read the times as upper bounds. "Lost" are requests that the gateway answered itself or that broke; "wrong" are
answers of a version that the route did not give. Istio's proxy was an upstream Envoy, which lacks Istio's own counters, so
its stories judge by [Envoy's](metrics.md#istio).

${lossesTable()}

The tests' Traefik takes a new configuration each 100 ms; by default it takes one in two seconds. Serin makes no change that
loses requests in this table if it can do without. It adds its rules behind the user's. It refuses what needs filters of
backends on Envoy Gateway. With Envoy Gateway, it also keeps a rule that no request matches and that gives both versions a
weight, so that their endpoints stay known when a weight rises from 0.

### A bad canary

\`npm run trials:gateways\` releases a version that fails 5 % of its requests, and one that fails 5 % of its gRPC calls,
behind the gateways of the table. The stable version fails 0.1 %; the steps are 10, 25 and 50 %, with an interval of 10 s
and 100 requests a second. The client counts from the first weight until the canary has none. The figures are medians of
three releases at the same time, with the least and the most; of one behind Envoy Gateway as it is installed. The machine
of two cores was busy with other work: read the times as upper bounds.

${trialsTable()}

"Not answered by a pod" are requests of either version that the gateway answered itself or that broke. Behind Envoy Gateway as it is
installed, Serin cannot judge a canary, so it rolls the canary back before it has any weight.

## Policies

Some objects tell a gateway or a mesh how to reach a Service: TLS, health checks, retries. Such a policy names your
Service and does not know the canary Service. For each new version, also one that supersedes another one, Serin lists the
kinds below that your cluster has. If a policy names a Service of the rollout, and no policy of its kind names
\`<service>-canary\`, Serin refuses the version and names the policy. Let the policy, or another one with the same
settings, name \`<service>-canary\` as well. Serin looks in the namespaces of the Services and of the routes, and for the
kinds by which a mesh lets a caller decide (DestinationRule, ServiceProfile) in those of the Gateways. Settings in a Service's annotations need nothing of you, because Serin
copies them.

A policy may also name one rule of a route, by the rule's \`name\` or (Kuadrant) by its place. The rules that Serin adds
for \`match\` and \`sticky\` cannot have that name, so Serin refuses these settings while such a policy exists: let the
policy name the whole route. If Serin may not list one of the kinds, it refuses them for every rule with a name, because
the policy may authenticate users. For the same reason, \`match\` and \`sticky\` cannot be added to a version in flight, only
together with the next template.

Serin knows these kinds: ${[...new Set(policyKinds.map(({ kind }) => kind))].toSorted().join(", ")}.
`;
}

function row(gateway: Gateway): string {
  const cells = features.map(([, needed]) => cell(gateway, needed));
  const metrics = gateway.metrics.unusable?.HTTPRoute === undefined ? "its own" : "the application's";
  if (gateway.refuses !== undefined)
    return `| ${gateway.name} | |${features.map(() => " refused |").join("")} | from documents |`;
  return `| ${gateway.name} | ${gateway.settleMs / 1000} s | ${cells.join(" | ")} | ${metrics} | ${seen(gateway)} |`;
}

/** How the row is known. */
function seen({ name }: Gateway): string {
  const run = runs.find(({ gateway }) => gateway.startsWith(`${name} `));
  if (run === undefined) return byHand[name] ?? "from documents";
  const [version] = run.gateway.slice(name.length + 1).split(",");
  return `run, ${version}, ${run.date}`;
}

/** The requests that each kind of change cost, one column for each run. */
function lossesTable(): string {
  const kinds = [...new Set(runs.flatMap(({ losses }) => Object.keys(losses)))];
  const told = (kind: string) =>
    runs.map(({ losses }) => {
      const found = losses[kind];
      if (found === undefined) return "";
      const { requests, lost, wrong } = found;
      return `${lost}${wrong > 0 ? ` + ${wrong} wrong` : ""} of ${requests.toLocaleString("en")}`;
    });
  const waits = runs.map(({ settle: { firstMs, lastMs } }) => `${firstMs} / ${lastMs}`);
  return [
    `| | ${runs.map(({ gateway }) => gateway).join(" | ")} |`,
    `|---|${runs.map(() => "--:").join("|")}|`,
    ...kinds.map((kind) => `| lost: ${kind} | ${told(kind).join(" | ")} |`),
    `| longest of 16 changes: first / last request of the canary, ms | ${waits.join(" | ")} |`,
  ].join("\n");
}

function cell({ lacks = {}, doubts = {} }: Gateway, needed: readonly Feature[]): string {
  if (lacks[needed[0] ?? "mirror"] !== undefined) return "refused";
  if (needed.includes("mirror-percent") && lacks["mirror-percent"] !== undefined) return "100 % only";
  return needed.some((feature) => doubts[feature] !== undefined) ? "with a warning" : "yes";
}

function notes({
  name,
  refuses,
  lacks = {},
  doubts = {},
  metrics,
  sharedNameStatus: kind,
}: Gateway): string[] {
  if (refuses !== undefined) return [`- **${name}**: ${refuses}.`];
  const { HTTPRoute: uncounted, GRPCRoute: calls } = metrics.unusable ?? {};
  const needs =
    uncounted === undefined ? { ...metrics.needs, ...(calls && { calls }) } : { errors: uncounted };
  const said = [...Object.entries(lacks), ...Object.entries(doubts)]
    .filter(([, what]) => what !== "has no mirrors")
    .map(([feature, what]) => `${feature}: ${what}`);
  const all = [
    ...said,
    ...Object.entries(needs).map(([what, need]) => `${what === "calls" ? "gRPC" : "metrics"}: ${need}`),
    ...(kind === undefined
      ? []
      : [`status: writes only that of the ${kind} if an HTTPRoute has the same name`]),
  ];
  return all.length === 0 ? [] : [`- **${name}**: ${all.join("; ")}.`];
}

if (import.meta.main) writeFileSync(new URL("gateways.md", import.meta.url), gatewaysPage());
