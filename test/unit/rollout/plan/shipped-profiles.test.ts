import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { outline } from "../../../../rollout/plan/layers.ts";

interface Profile {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Record<string, string>;
  };
  readonly data: Record<string, string>;
}

const file = join(import.meta.dirname, "../../../../deploy/profiles.yaml");
const page = join(import.meta.dirname, "../../../../docs/profiles.md");

describe("the profiles of deploy/", () => {
  const profiles = parseAllDocuments(readFileSync(file, "utf8")).map((each) => each.toJS() as Profile);

  it("are there for quiet, fast and careful rollouts, and the page names them", () => {
    expect(profiles.map(({ metadata }) => metadata.name)).to.deep.equal(["quiet", "fast", "careful"]);
    for (const { metadata } of profiles) {
      expect(metadata.labels).to.include({ "serin.dev/profile": "true" });
      expect(readFileSync(page, "utf8")).to.include(`| \`${metadata.name}\` |`);
    }
  });

  for (const { metadata, data } of profiles)
    it(`${metadata.name} is accepted by admission, and each of its values counts`, () => {
      const own = { "serin.dev/rollout": "canary", "serin.dev/profile": metadata.name };
      const profile = { name: metadata.name, values: data };
      const { parsed, layers, warnings } = outline(own, {
        namespace: { name: "shop", annotations: {} },
        profile,
      });
      expect(parsed).to.have.property("plan");
      expect(warnings).to.deep.equal([]);
      expect(layers).to.deep.equal([{ from: "profile", ...profile }]);
    });
});
