import { writeFileSync } from "node:fs";
import { CHANGED, CONFIG, COPIED, FLIGHT, HELD, ISOLATE, RUN, TRACK, VERDICT } from "../rollout/keys.ts";
import type { Annotation } from "../rollout/plan/annotation.ts";
import { annotations } from "../rollout/plan/annotations.ts";
import { orders } from "../rollout/plan/orders.ts";

const orderKeys: readonly string[] = Object.values(orders).map(({ key }) => key);

/** The reference of all annotations, in Markdown, from the table that parses them. */
export function annotationsPage(): string {
  const all: readonly Annotation<unknown>[] = Object.values(annotations);
  return `# Annotations

<!-- Written by \`npm run docs\` from rollout/plan/annotations.ts. -->

One annotation on a Deployment is enough: \`${annotations.strategy.key}: canary\`. The others have defaults.
Serin checks all of them when you apply the Deployment. If one is wrong, Serin refuses the request and lists every
problem.

## The plan

${settings(all.filter(({ key }) => !orderKeys.includes(key)))}

Write durations as in Go: \`90s\`, \`1m30s\`, \`5m\`, \`1h\`.

## Orders

Each names its revision, as \`kubectl rollout history\` numbers them, so that it never acts on another revision.

${settings(all.filter(({ key }) => orderKeys.includes(key)))}

## On a Service

With \`${ISOLATE}: "false"\`, Serin does not change the Service. Use it for a Service without users' traffic, for
example for metrics. If Serin has isolated a Service that a route names, Serin restores it only when the rollout has ended,
also if \`serin.dev/services\` does not name it any more: otherwise users' requests would reach the canary whatever its
weight is.

## On a ConfigMap or Secret

With the label \`${TRACK}: "true"\`, a change of the content starts a [canary](tracking.md).

## Serin's own

Serin writes \`${HELD}\`, \`${RUN}\`, \`${CHANGED}\` and the label \`${FLIGHT}\`, and drops other
values of them. \`${CONFIG}\` in a pod template names the [changes of ConfigMaps and Secrets](tracking.md) for which
the version was created, and \`${COPIED}\` on a canary Service lists what Serin copied to it. At rest, a ReplicaSet keeps
\`${RUN}\` and the label \`${VERDICT}\`: how the last rollout of that version [ended](operations.md#find-out-who-asked).
Serin refuses any other key under \`serin.dev/\`.
`;
}

function settings(rows: readonly Annotation<unknown>[]): string {
  const head = "| annotation | value | default | meaning | example |\n|---|---|---|---|---|";
  const lines = rows.map(({ key, form, default: usual, doc, example }) => {
    return `| \`${key}\` | ${form} | ${usual === undefined ? "" : code(usual)} | ${doc} | ${code(example)} |`;
  });
  return [head, ...lines].join("\n");
}

function code(value: string): string {
  return `\`${value}\``;
}

if (import.meta.main) writeFileSync(new URL("annotations.md", import.meta.url), annotationsPage());
