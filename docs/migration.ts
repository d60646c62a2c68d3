import { readFileSync, writeFileSync } from "node:fs";
import { rolloutFields } from "../migrate/argo/fields.ts";
import { analysisTemplateFields } from "../migrate/argo/template-fields.ts";
import type { FieldTable } from "../migrate/fields.ts";
import { alertProviderFields, canaryFields, metricTemplateFields } from "../migrate/flagger/fields.ts";
import { kruiseFields } from "../migrate/kruise/fields.ts";
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

/** A page with the tables of fields between their marks. Throws an Error if a mark is missing. */
export function withMigration(text: string): string {
  return tables.reduce((sum, [kind, table]) => withTable(sum, markOf(kind), fieldTable(table)), text);
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

if (import.meta.main) writeFileSync(page, withMigration(readFileSync(page, "utf8")));
