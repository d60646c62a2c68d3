import { writeFileSync } from "node:fs";
import { CHANGED, CONFIG, FLIGHT, HELD, ISOLATE, RUN, TRACK } from "../rollout/keys.ts";
import { type Annotation, annotations } from "../rollout/plan/annotations.ts";

const verbs: readonly string[] = [annotations.promote.key, annotations.abort.key, annotations.retry.key];

/** Writes the reference of all annotations, in Markdown, from the table that parses them. */
export function annotationsPage(): string {
  const all: readonly Annotation<unknown>[] = Object.values(annotations);
  return `# Annotations

<!-- Written by \`npm run docs\` from rollout/plan/annotations.ts. -->

One annotation on a Deployment is enough: \`${annotations.rollout.key}: canary\`. The others have defaults.
They are checked when the Deployment is applied; whatever is wrong is said at once, and nothing is changed.

## The plan

${settings(all.filter(({ key }) => !verbs.includes(key)))}

Durations are written as in Go: \`90s\`, \`1m30s\`, \`5m\`, \`1h\`.

## Verbs

Each names the revision it is for, as \`kubectl rollout history\` numbers them, so that it never acts on another one.

${settings(all.filter(({ key }) => verbs.includes(key)))}

## On a Service

\`${ISOLATE}: "false"\` leaves a Service alone that is not there for users' traffic, metrics for example.

## On a ConfigMap or Secret

The label \`${TRACK}: "true"\` makes a change of its content a [canary](tracking.md).

## Serin's own

\`${HELD}\`, \`${RUN}\`, \`${CHANGED}\` and the label \`${FLIGHT}\` belong to Serin: what people write there is dropped.
\`${CONFIG}\` in a pod template names the [changes of ConfigMaps and Secrets](tracking.md) that the version was made for.
Any other key under \`serin.dev/\` is refused.
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
