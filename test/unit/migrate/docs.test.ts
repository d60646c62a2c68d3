import { readFileSync } from "node:fs";
import { expect } from "chai";
import { withMigration } from "../../../docs/migration.ts";

describe("docs/migration.md", () => {
  it("has the tables that `npm run docs` writes", () => {
    const written = readFileSync(new URL("../../../docs/migration.md", import.meta.url), "utf8");
    expect(written).to.equal(withMigration(written));
  });
});
