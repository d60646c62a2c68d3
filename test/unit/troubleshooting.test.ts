import { expect } from "chai";
import {
  fits,
  headingsOf,
  missingHeading,
  phrasesOf,
  places,
  readHeadings,
} from "../../docs/troubleshooting.ts";
import { runModel } from "../model/model.ts";
import type { Hear } from "../model/told.ts";
import { sentencesOf } from "../stories/sentences.ts";
import { cases } from "../support/cases.ts";
import { productSources } from "../support/sources.ts";

const headings = readHeadings();
/** All texts of the product, as one: pieces of a sentence that `+` joins are one piece. */
const product = productSources
  .filter(({ folder }) => folder !== "docs")
  .map(({ text }) => text)
  .join("\n")
  .replaceAll(/["`]\s*\+\s*["`]/g, "");

describe("docs/troubleshooting.md", () => {
  it("has a heading for every sentence that users see in random sequences", () => {
    const missing = new Set<string>();
    const hear: Hear = (place, sentence) => {
      const said = sentence === "" ? undefined : missingHeading(place, sentence, headings);
      if (said !== undefined) missing.add(said);
    };
    runModel({ sequences: cases(100), seed: 1, hear });
    expect([...missing].join("\n")).to.equal("");
  });

  for (const [place, title] of Object.entries(places)) {
    // test/programs/alerts.test.ts compares these with the rules.
    if (place === "alert") continue;
    it(`has headings below "${title}" with words of the product, each once`, () => {
      const own = headings[place as keyof typeof places];
      const isSaid = (heading: string) =>
        phrasesOf(heading).some((phrase) => /\w{3}/.test(phrase) && product.includes(phrase));
      expect(own.filter((heading) => !isSaid(heading))).to.deep.equal([]);
      expect(own).to.have.length(new Set(own).size).and.not.have.length(0);
    });
  }

  it("fits a sentence to a heading by its placeholders", () => {
    const heading = "pod <pod> is not ready (Ns)…";
    expect(fits(heading, "pod web-1 is not ready (600s)")).to.equal(true);
    expect(fits(heading, "pod web-1 is not ready (600s). One pod is kept")).to.equal(true);
    expect(fits(heading, "pod web-1 is not ready (long)")).to.equal(false);
    expect(fits("a Name (1)", "a Name (1)")).to.equal(true);
  });

  it("says which heading is missing, and where", () => {
    const page = headingsOf("## Warnings\n\n### `one`\n\ntext");
    expect(missingHeading("warning", "one", page)).to.equal(undefined);
    expect(missingHeading("warning", "serin: 3 of web-2", page))
      .to.include('below "## Warnings"')
      .and.include("### `serin: N of web-2`");
    expect(missingHeading("event", "one", page)).to.include("## Events");
    expect(() => headingsOf("### `one`")).to.throw("is not a sentence in backticks below one of");
  });

  it("takes the sentences of Serin's webhooks, and no others, from what kubectl prints", () => {
    const stderr =
      'Warning: serin: canary 10 %\nWarning: v1 is old\nError from server (Forbidden): admission webhook "plan.serin.dev" ' +
      "denied the request: serin.dev/steps: empty item\nserin.dev/size: invalid value\n";
    expect(sentencesOf(stderr)).to.deep.equal([
      { place: "warning", sentence: "serin: canary 10 %" },
      { place: "refusal", sentence: "serin.dev/steps: empty item" },
      { place: "refusal", sentence: "serin.dev/size: invalid value" },
    ]);
    expect(sentencesOf('admission webhook "policy.example" denied the request: no')).to.deep.equal([]);
  });
});
