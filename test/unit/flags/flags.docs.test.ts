import { readFileSync } from "node:fs";
import { expect } from "chai";
import { flagsPage } from "../../../docs/flags.ts";

describe("docs/flags.md", () => {
  it("is what `npm run docs` writes", () => {
    const written = readFileSync(new URL("../../../docs/flags.md", import.meta.url), "utf8");
    expect(written).to.equal(flagsPage());
  });
});
