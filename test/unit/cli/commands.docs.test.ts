import { readFileSync } from "node:fs";
import { expect } from "chai";
import { commandsPage } from "../../../docs/commands.ts";

describe("docs/commands.md", () => {
  it("is what `npm run docs` writes", () => {
    const written = readFileSync(new URL("../../../docs/commands.md", import.meta.url), "utf8");
    expect(written).to.equal(commandsPage());
  });
});
