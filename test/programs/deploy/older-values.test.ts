import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { repository } from "../../cluster/tools.ts";
import { type Rendered, renderChart } from "./rendered.ts";

/** Those that need the defaults of values.yaml. The first chart had all of them, so no older chart lacks one. */
const NEEDED = ["image", "prometheus", "webhook", "controller", "podDisruptionBudget", "cleanup"];

// `helm upgrade --reuse-values` takes the defaults of the chart before, which lack what this one adds.
describe("the Helm chart with the values of an older one", function () {
  this.timeout(180_000);

  const text = readFileSync(join(repository, "deploy/chart/values.yaml"), "utf8");
  const values = Object.keys(parse(text) as object).filter((each) => !NEEDED.includes(each));
  let usual: readonly Rendered[];
  before(() => {
    usual = renderChart(4);
  });

  for (const value of values)
    it(`renders the same without ${value}`, () => {
      expect(renderChart(4, `--set=${value}=null`)).to.deep.equal(usual);
    });

  it("renders the same by helm 3 without all of them", () => {
    const without = values.map((value) => `--set=${value}=null`);
    expect(renderChart(3, ...without)).to.deep.equal(renderChart(3));
  });
});
