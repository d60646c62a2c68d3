import { readFileSync } from "node:fs";
import { expect } from "chai";
import { gatewaysPage } from "../../../../docs/gateways.ts";
import { withGatewayTables } from "../../../../docs/metrics.ts";

describe("docs/gateways.md", () => {
  it("is what `npm run docs` writes", () => {
    const written = readFileSync(new URL("../../../../docs/gateways.md", import.meta.url), "utf8");
    expect(written).to.equal(gatewaysPage());
  });
});

describe("docs/metrics.md", () => {
  const written = readFileSync(new URL("../../../../docs/metrics.md", import.meta.url), "utf8");

  it("has the tables that `npm run docs` writes", () => {
    expect(withGatewayTables(written)).to.equal(written);
  });

  it("needs its marks", () => {
    expect(() => withGatewayTables("# Metrics")).to.throw("the page needs one table between");
  });
});
