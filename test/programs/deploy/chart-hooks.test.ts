import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { findHelm } from "../../cluster/tools.ts";
import { chartArgs, type Rendered } from "./rendered.ts";

describe("the hooks of the Helm chart", function () {
  this.timeout(60_000);

  it("keep the name that selects Serin's objects, whatever commonLabels says", () => {
    const value = 'commonLabels={"app.kubernetes.io/name":"mine","team":"a"}';
    const text = execFileSync(findHelm(4), [...chartArgs, "--set-json", value], {
      encoding: "utf8",
      stdio: "pipe",
    });
    const documents = parseAllDocuments(text);
    expect(documents.flatMap(({ errors }) => errors)).to.deep.equal([]);
    for (const { kind, metadata } of documents.map((each) => each.toJS() as Rendered))
      expect(metadata.labels, `${kind} ${metadata.name}`).to.deep.include({
        "app.kubernetes.io/name": "serin",
        team: "a",
      });
  });
});
