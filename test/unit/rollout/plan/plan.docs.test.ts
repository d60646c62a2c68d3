import { readFileSync } from "node:fs";
import { expect } from "chai";
import { annotationsPage } from "../../../../docs/annotations.ts";
import { withStrategies } from "../../../../docs/strategies.ts";
import { annotations } from "../../../../rollout/plan/annotations.ts";

describe("docs/annotations.md", () => {
  it("is what `npm run docs` writes", () => {
    const written = readFileSync(new URL("../../../../docs/annotations.md", import.meta.url), "utf8");
    expect(written).to.equal(annotationsPage());
  });

  it("has a row for every annotation", () => {
    const rows = annotationsPage()
      .split("\n")
      .filter((line) => line.startsWith("| `serin.dev/"));
    expect(rows).to.have.length(Object.keys(annotations).length);
    for (const row of rows) expect(row.split(" | ")).to.have.length(5);
  });
});

describe("docs/strategies.md", () => {
  it("has the table that `npm run docs` writes", () => {
    const written = readFileSync(new URL("../../../../docs/strategies.md", import.meta.url), "utf8");
    expect(written).to.equal(withStrategies(written));
  });
});
