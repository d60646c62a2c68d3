import { existsSync, globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect } from "chai";

const root = join(import.meta.dirname, "../..");
const pages = ["README.md", "CONTRIBUTING.md", ...globSync("docs/**/*.md", { cwd: root })].sort();
/** What scripts make, so that a fresh clone lacks it. */
const BUILT = "dist";
const entries = new Set(readdirSync(root));

/** The page without its code blocks, whose contents are examples. */
function proseOf(page: string): string {
  return readFileSync(join(root, page), "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");
}

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const headings = [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? "");
  const anchors = headings.map((heading) => {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  return new Set(anchors);
}

/** Whether a relative link of a page leads to a file of the repository and, with an anchor, to a heading of it. */
function resolves(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : relative(root, join(root, dirname(page), path));
  if (target.startsWith("..") || !existsSync(join(root, target))) return false;
  if (anchor === undefined) return true;
  return statSync(join(root, target)).isFile() && anchorsOf(target).has(anchor);
}

/** The paths that a path with alternatives in braces stands for. */
function expanded(path: string): readonly string[] {
  const [, before, words, after] = /^(.*)\{([^}]*)\}(.*)$/.exec(path) ?? [];
  return words === undefined
    ? [path]
    : words.split(",").flatMap((word) => expanded(`${before}${word}${after}`));
}

describe("the documentation", () => {
  for (const page of pages) {
    it(`${page} has no link that leads nowhere`, () => {
      const targets = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");
      const links = targets.filter((target) => !/^[a-z]+:/.test(target));
      expect(links.filter((link) => !resolves(page, link))).to.deep.equal([]);
    });

    it(`${page} names only scripts of package.json`, () => {
      const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
      const text = readFileSync(join(root, page), "utf8");
      const named = [...text.matchAll(/npm run (?:-s )?([\w:-]+)/g)].map((match) => match[1] ?? "");
      expect(named.filter((script) => !(script in scripts))).to.deep.equal([]);
    });

    it(`${page} names only paths that exist`, () => {
      const spans = [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "");
      const paths = spans.filter(
        (span) =>
          /^[\w.{},*/-]+$/.test(span) && entries.has(span.split("/")[0] ?? "") && !span.startsWith(BUILT),
      );
      expect(
        paths.flatMap(expanded).filter((path) => globSync(path, { cwd: root }).length === 0),
      ).to.deep.equal([]);
    });
  }

  it("installs in the quick start the Gateway API that the tests run", () => {
    const [, tested] =
      /^GATEWAY_API=(.+)$/m.exec(readFileSync(join(root, "test/cluster/tools/versions.env"), "utf8")) ?? [];
    const quickStart = readFileSync(join(root, "docs/quick-start.md"), "utf8");
    expect(quickStart).to.include(`gateway-api/releases/download/${tested}/standard-install.yaml`);
  });
});
