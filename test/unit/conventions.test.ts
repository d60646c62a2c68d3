import { expect } from "chai";
import { allSources, offencesIn, productSources } from "../support/sources.ts";

/** A test may list more cases of its one idea than a product file has lines. */
const MOST_LINES = { product: 200, test: 300 } as const;

describe("conventions", () => {
  it("imports relative files by their full name", () => {
    const found = offencesIn(allSources, ({ imports }) => {
      return imports.filter((name) => name.startsWith(".") && !/\.(tsx?|json)$/.test(name));
    });
    expect(found).to.deep.equal([]);
  });

  it("exports by name", () => {
    expect(
      offencesIn(allSources, ({ text }) => (/^export default\b/m.test(text) ? ["export default"] : [])),
    ).to.deep.equal([]);
  });

  // `export … from` passes on the same meaning and is allowed. Rows of a table (gateways, providers, flags) have a name each.
  it("gives every exported name one meaning in the product", () => {
    const owners = new Map<string, string>();
    const found = offencesIn(productSources, ({ path, text }) =>
      exportedNames(text).flatMap((name) => {
        const owner = owners.get(name) ?? path;
        owners.set(name, owner);
        return owner === path ? [] : [`${name} is also in ${owner}`];
      }),
    );
    expect(owners.size).to.be.above(500);
    expect(found).to.deep.equal([]);
  });

  it("has files that hold one idea, named after it", () => {
    const vague = /(^|[/.-])(utils?|helpers?|manager|common|misc)([/.-]|$)/i;
    const found = offencesIn(allSources, ({ path, folder, text }) => {
      const most = folder === "test" ? MOST_LINES.test : MOST_LINES.product;
      return [
        ...(vague.test(path) ? ["vague name"] : []),
        ...(text.split("\n").length > most + 1 ? [`more than ${most} lines`] : []),
      ];
    });
    expect(found).to.deep.equal([]);
  });
});

function exportedNames(text: string): string[] {
  const declared =
    /^export (?:declare |abstract |async )*(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;
  // A name may be a type and a value, and an overloaded function has several declarations.
  return [...new Set([...text.matchAll(declared)].map(([, name = ""]) => name))];
}
