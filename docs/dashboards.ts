import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  LegendDisplayMode,
  LegendPlacement,
  VizLegendOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { type DashboardPlan, dashboards, type Graph } from "./dashboard-plans.ts";

const SOURCE = { type: "prometheus", uid: "$datasource" };

/** The dashboard as Grafana imports it. */
export function dashboardJson(uid: string, { title, variables, graphs }: DashboardPlan): string {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .tags(["serin"])
    .refresh("30s")
    .time({ from: "now-3h", to: "now" })
    .withVariable(new DatasourceVariableBuilder("datasource").type("prometheus"));
  for (const [name, query] of Object.entries(variables)) {
    const variable = new QueryVariableBuilder(name).datasource(SOURCE).query(query).includeAll(true);
    builder.withVariable(variable.multi(true).allValue(".*").refresh(VariableRefresh.OnTimeRangeChanged));
  }
  for (const graph of graphs) builder.withPanel(panelOf(graph));
  return `${JSON.stringify(builder.build(), null, 1)}\n`;
}

function panelOf({ title, unit, queries }: Graph): PanelBuilder {
  const panel = new PanelBuilder().title(title).unit(unit).min(0).datasource(SOURCE).height(8).span(12);
  const legend = new VizLegendOptionsBuilder().showLegend(true).displayMode(LegendDisplayMode.List);
  panel.legend(legend.placement(LegendPlacement.Bottom).calcs([]));
  for (const [i, [expr, legend]] of queries.entries()) {
    panel.withTarget(
      new DataqueryBuilder()
        .refId(String.fromCharCode(65 + i))
        .expr(expr)
        .legendFormat(legend),
    );
  }
  return panel;
}

/** The folder of the component that installs the dashboards. */
export const dashboardFolder = join(import.meta.dirname, "../deploy/components/grafana");

if (import.meta.main) {
  mkdirSync(dashboardFolder, { recursive: true });
  for (const [uid, plan] of Object.entries(dashboards)) {
    writeFileSync(join(dashboardFolder, `${uid}.json`), dashboardJson(uid, plan));
  }
}
