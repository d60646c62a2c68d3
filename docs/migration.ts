import { readFileSync, writeFileSync } from "node:fs";
import { rolloutFields } from "../migrate/argo/fields.ts";
import { analysisTemplateFields } from "../migrate/argo/template-fields.ts";
import type { FieldTable } from "../migrate/fields.ts";
import { canaryFields } from "../migrate/flagger/fields.ts";
import { alertProviderFields, metricTemplateFields } from "../migrate/flagger/template-fields.ts";
import { kruiseFields } from "../migrate/kruise/fields.ts";
import { argoSteps } from "../migrate/live/argo/steps.ts";
import { flaggerSteps } from "../migrate/live/flagger/steps.ts";
import { kruiseSteps } from "../migrate/live/kruise/steps.ts";
import type { LiveStep } from "../migrate/live/step.ts";
import { withTable } from "./marked.ts";

const page = new URL("migration.md", import.meta.url);

const tables: readonly (readonly [kind: string, table: FieldTable])[] = [
  ["Flagger: Canary", canaryFields],
  ["Flagger: MetricTemplate", metricTemplateFields],
  ["Flagger: AlertProvider", alertProviderFields],
  ["Argo Rollouts: Rollout", rolloutFields],
  ["Argo Rollouts: AnalysisTemplate and ClusterAnalysisTemplate", analysisTemplateFields],
  ["Kruise Rollouts: Rollout", kruiseFields],
];

const fates = { carried: "carried", differs: "differs", not: "**not carried**" } as const;

/** A page with the tables of fields and of steps between their marks. Throws an Error if a mark is missing. */
export function withMigration(text: string): string {
  const filled = tables.reduce((sum, [kind, table]) => withTable(sum, markOf(kind), fieldTable(table)), text);
  const flagger = withTable(filled, markOf("steps from Flagger"), stepTable(flaggerSteps));
  const argo = withTable(flagger, markOf("steps from Argo Rollouts"), stepTable(argoSteps));
  return withTable(argo, markOf("steps from Kruise Rollouts"), stepTable(kruiseSteps));
}

function markOf(what: string): string {
  return `Written by \`npm run docs\` from migrate/: ${what}.`;
}

function fieldTable(table: FieldTable): readonly string[] {
  const rows = Object.entries(table).map(
    ([field, { fate, says }]) => `| \`${field}\` | ${fates[fate]} | ${says} |`,
  );
  return ["| field | | in Serin |", "|---|---|---|", ...rows];
}

function stepTable<S>(steps: readonly LiveStep<S>[]): readonly string[] {
  const rows = steps.map(
    ({ name, does, checks, serves, undo }, i) =>
      `| ${i + 1} | \`${name}\` | ${does} | ${checks} | ${serves} | ${undo === undefined ? "no" : "yes"} |`,
  );
  return [
    "| | step | what is written | what is checked before the next step | users are served by | can be undone |",
    "|--:|---|---|---|---|---|",
    ...rows,
  ];
}

if (import.meta.main) writeFileSync(page, withMigration(readFileSync(page, "utf8")));
