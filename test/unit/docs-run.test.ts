import { globSync } from "node:fs";
import { expect } from "chai";
import { allCommands } from "../../cli/commands/registry.ts";
import { parseLine } from "../../cli/frame/program.ts";
import { repository } from "../cluster/tools.ts";
import { blocksOf, isShown } from "../docs/blocks.ts";
import { readBlocks } from "../docs/course.ts";
import { courses, skipOf, skips } from "../docs/skips.ts";

const commands = await allCommands();

const pages = ["README.md", "CONTRIBUTING.md", ...globSync("docs/**/*.md", { cwd: repository })];

describe("the blocks of the documentation", () => {
  it("are run on the test cluster, or skipped for a reason", () => {
    const unknown = pages
      .filter((page) => !courses.flat().includes(page))
      .flatMap(readBlocks)
      .filter((block) => block.kind === "commands" && skipOf(block) === undefined);
    expect(unknown.map(({ page, line }) => `${page}:${line}`)).to.deep.equal([]);
  });

  it("fit every skip, so that no skip outlives its page", () => {
    const used = new Set(pages.flatMap(readBlocks).map(skipOf));
    expect(skips.filter((skip) => !used.has(skip))).to.deep.equal([]);
  });

  it("have only lines of kubectl serin that the program reads", () => {
    const silent = { out: () => {}, error: () => {} };
    const lines = pages
      .flatMap(readBlocks)
      .flatMap((block) => (block.kind === "commands" ? block.commands : []))
      .map(({ page, line, text }) => ({
        at: `${page}:${line}`,
        words: wordsOf(text.replaceAll(/\\\n/g, " ")),
      }))
      .filter(({ words }) => words[0] === "kubectl" && words[1] === "serin");
    expect(lines.length).to.be.above(40);
    const wrong = lines.filter(
      ({ words }) => "code" in parseLine("kubectl serin", commands, words.slice(2), silent),
    );
    expect(wrong.map(({ at, words }) => `${at}: ${words.join(" ")}`)).to.deep.equal([]);
  });

  it("are read as commands, their output and files", () => {
    const page = [
      "Text",
      "```console",
      "$ echo a \\",
      "    b",
      "a b",
      "$ true",
      "```",
      "```sh",
      "# A comment",
      "one \\",
      "  two",
      "three 'of",
      "  them'",
      "```",
      "```yaml",
      "# web.yaml",
      "kind: Service",
      "```",
      "```yaml",
      "kind: Pod",
      "```",
      "",
    ].join("\n");
    expect(blocksOf("p.md", page)).to.deep.equal([
      {
        kind: "commands",
        page: "p.md",
        line: 2,
        commands: [
          { page: "p.md", line: 3, text: "echo a \\\n    b", expected: ["a b"] },
          { page: "p.md", line: 6, text: "true" },
        ],
      },
      {
        kind: "commands",
        page: "p.md",
        line: 8,
        commands: [
          { page: "p.md", line: 10, text: "one \\\n  two" },
          { page: "p.md", line: 12, text: "three 'of\n  them'" },
        ],
      },
      { kind: "file", page: "p.md", line: 15, name: "web.yaml", text: "# web.yaml\nkind: Service\n" },
    ]);
  });

  for (const [what, expected, output, is] of [
    ["the same text", ["a b"], "a b\n", true],
    ["other digits", ["after 12s: 1.5 %"], "after 7s: 20.25 %", true],
    ["other blanks", ["NAME   AGE"], "NAME AGE", true],
    ["any text for …", ["pod web-… ready"], "pod web-7d4b9c-x2k5p ready", true],
    ["any lines for …", ["first", "…", "last"], "first\na\nb\nlast", true],
    ["no line for … on a line of its own", ["…", "last", "…"], "last", true],
    ["another word", ["promoted"], "rolled back", false],
    ["more text than the page shows", ["promoted"], "promoted\nand more", false],
    ["signs that are not a pattern", ["a (b) [c] 1.x"], "a (b) [c] 1yx", false],
  ] as const)
    it(`${is ? "match" : "do not match"} ${what}`, () => {
      expect(isShown(expected, output)).to.equal(is);
    });
});

/** The words of a line up to a comment or another command. */
function wordsOf(line: string): readonly string[] {
  const words = [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replaceAll(/['"]/g, ""),
  );
  const end = words.findIndex((word) => /^(#|\|\|?|&&?|[<>].*)$/.test(word));
  return end < 0 ? words : words.slice(0, end);
}
