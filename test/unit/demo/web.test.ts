import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { ports } from "../../cluster/addresses.ts";
import { repository } from "../../cluster/tools.ts";

describe("demo/web.yaml", () => {
  it("names the port at which the test cluster's application answers", () => {
    const text = readFileSync(join(repository, "demo/web.yaml"), "utf8");
    const [deployment] = parseAllDocuments(text).map((document) => document.toJS());
    const { containers } = deployment.spec.template.spec;
    expect(containers[0].ports).to.deep.equal([{ name: "http", containerPort: ports.app }]);
  });
});
