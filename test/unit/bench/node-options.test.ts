import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { nodeOptionsOf } from "../../../bench/node-options.ts";

const BENCH = join(import.meta.dirname, "../../../bench");

describe("the options of node in a bench", () => {
  it("are those of the manifests, with both bounds of the heap", () => {
    for (const container of ["webhook", "controller", "dashboard"] as const)
      expect(nodeOptionsOf(container), container).to.match(
        /^--max-old-space-size=\d+ --max-semi-space-size=\d+/,
      );
  });

  it("stand in no bench a second time", () => {
    const files = readdirSync(BENCH, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".ts"),
    );
    expect(files).to.include(join("queries", "main.ts"));
    const second = files.filter((file) => readFileSync(join(BENCH, file), "utf8").includes("--max-"));
    expect(second).to.deep.equal([]);
  });
});
