import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { dashboards } from "../../docs/dashboard-plans.ts";
import { findTools } from "../cluster/tools.ts";

describe("the dashboards of deploy/components/grafana", () => {
  it("ask queries that promtool accepts", () => {
    const graphs = Object.values(dashboards).flatMap((plan) => plan.graphs);
    const rules = graphs.flatMap(({ queries }, i) =>
      queries.map(([expr], j) => ({ record: `graph:${i}_${j}`, expr })),
    );
    const folder = mkdtempSync(join(tmpdir(), "serin-dashboards-"));
    try {
      const file = join(folder, "rules.yaml");
      writeFileSync(file, stringify({ groups: [{ name: "dashboards", rules }] }));
      execFileSync(findTools().program("promtool"), ["check", "rules", file], { stdio: "pipe" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
