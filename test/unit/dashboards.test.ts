import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { dashboards } from "../../docs/dashboard-plans.ts";
import { dashboardFolder, dashboardJson } from "../../docs/dashboards.ts";
import { productSources } from "../support/sources.ts";

describe("the dashboards of deploy/components/grafana", () => {
  it("are what their generator writes (npm run docs)", () => {
    const files = readdirSync(dashboardFolder).filter((name) => name.endsWith(".json"));
    expect(files).to.have.members(Object.keys(dashboards).map((uid) => `${uid}.json`));
    for (const [uid, plan] of Object.entries(dashboards)) {
      const kept = readFileSync(join(dashboardFolder, `${uid}.json`), "utf8");
      expect(kept, uid).to.equal(dashboardJson(uid, plan));
    }
  });

  it("ask only for metrics that the programs have", () => {
    const product = productSources.filter(({ folder }) => folder !== "docs").map(({ text }) => text);
    const known = new Set(product.join("\n").match(/serin_\w+/g));
    const asked = Object.values(dashboards).flatMap(({ graphs }) => graphs.flatMap(({ queries }) => queries));
    const names = asked.flatMap(([expr]) => expr.match(/serin_\w+/g) ?? []);
    expect(names.length).to.be.above(20);
    expect(names.filter((name) => !known.has(name.replace(/_bucket$/, "")))).to.deep.equal([]);
  });
});
