import { join } from "node:path";
import { expect } from "chai";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../../..");

/** The packages that the plugin loads before it knows its command: those that no dynamic import leads to. */
async function loadedAtOnce(): Promise<ReadonlySet<string>> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["cli/main.ts"],
    outdir: "unwritten",
    bundle: true,
    platform: "node",
    format: "cjs",
    define: { "import.meta.dirname": "__dirname" },
    metafile: true,
    write: false,
  });
  const reached = new Set(["cli/main.ts"]);
  for (const path of reached)
    for (const { kind, external, path: next } of metafile.inputs[path]?.imports ?? [])
      if (kind !== "dynamic-import" && external !== true) reached.add(next);
  const packages = [...reached].map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  return new Set(packages.filter((name) => name !== undefined));
}

describe("the start of kubectl serin", () => {
  // The HTTP client, the vendor's client and the reader of certificates take longer than all the rest.
  it("loads light packages only; a command loads what it needs beside them", async () => {
    expect([...(await loadedAtOnce())].toSorted()).to.deep.equal([
      ...["commander", "fastest-levenshtein", "get-east-asian-width", "jsonpath-plus", "string-width"],
      ...["valibot", "yaml"],
    ]);
  }).timeout(60_000);
});
