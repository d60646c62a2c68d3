import { readFileSync } from "node:fs";
import { expect } from "chai";
import { gatewaysPage } from "../../../../docs/gateways.ts";

describe("docs/gateways.md", () => {
  it("is what `npm run docs` writes", () => {
    const written = readFileSync(new URL("../../../../docs/gateways.md", import.meta.url), "utf8");
    expect(written).to.equal(gatewaysPage());
  });
});
