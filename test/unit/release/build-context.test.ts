import { readFileSync } from "node:fs";
import { expect } from "chai";
import { PROGRAMS } from "../../../release/programs.ts";
import { allSources, targetsOf } from "../../support/sources.ts";

describe("what .dockerignore leaves to the image's build", () => {
  it("are the folders that the programs and their bundler import, and no others", () => {
    const byPath = new Map(allSources.map((source) => [source.path, source]));
    const reached = new Set<string>();
    const visit = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      const source = byPath.get(path);
      if (source !== undefined) for (const next of targetsOf(source)) visit(next);
    };
    for (const main of [...PROGRAMS, "release/main.ts"]) visit(main);
    const needed = [...reached].map((path) => path.split("/")[0] ?? "");
    const file = readFileSync(new URL("../../../.dockerignore", import.meta.url), "utf8");
    const lines = file.trim().split("\n");
    expect(lines[0]).to.equal("*");
    const given = lines.slice(1).map((line) => line.replace(/^!/, ""));
    // npm reads the lock file, and the bundler copies the license.
    const expected = new Set([...needed, "package.json", "package-lock.json", "LICENSE"]);
    expect(given.toSorted()).to.deep.equal([...expected].toSorted());
  });
});
