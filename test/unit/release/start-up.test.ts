import { join } from "node:path";
import { expect } from "chai";
import { build, type Metafile } from "esbuild";

const root = join(import.meta.dirname, "../../..");
/** The HTTP client, the vendor's client, the reader of certificates and the server: each takes longer than all the rest. */
const HEAVY = ["undici", "@kubernetes/client-node", "node-forge", "express"];

/** The programs that run in pods for ever, so that what they load stays in memory. */
const IN_PODS = ["webhook/main.ts", "controller/main.ts", "dashboard/main.ts"];

/** The packages that a file loads before any of its code has run: those to which no dynamic import leads. */
function loadedWith(start: string, { inputs }: Metafile): readonly string[] {
  const reached = new Set([start]);
  for (const path of reached)
    for (const { kind, external, path: next } of inputs[path]?.imports ?? [])
      if (kind !== "dynamic-import" && external !== true) reached.add(next);
  const packages = [...reached].map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  return [...new Set(packages.filter((name) => name !== undefined))].toSorted();
}

describe("the start of kubectl serin", function () {
  this.timeout(60_000);
  let bundle: Metafile;
  before(async () => {
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
    bundle = metafile;
  });

  it("loads no package but the reader of the command line", () => {
    expect(loadedWith("cli/main.ts", bundle)).to.deep.equal(["commander"]);
  });

  it("loads with a command no package that only its work needs", () => {
    const commands = Object.keys(bundle.inputs).filter((path) => path.startsWith("cli/commands/"));
    expect(commands.length).to.be.above(20);
    const heavy = commands.flatMap((path) =>
      loadedWith(path, bundle)
        .filter((name) => HEAVY.includes(name))
        .map((name) => `${path}: ${name}`),
    );
    expect(heavy).to.deep.equal([]);
  });
});

describe("the start of a program of the image", function () {
  this.timeout(60_000);
  let bundle: Metafile;
  before(async () => {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: [...IN_PODS],
      outdir: "unwritten",
      bundle: true,
      platform: "node",
      format: "esm",
      metafile: true,
      write: false,
    });
    bundle = metafile;
  });

  it("loads no library that issues certificates, which the webhook seldom does", () => {
    for (const program of IN_PODS) expect(loadedWith(program, bundle)).not.to.include("node-forge");
  });
});
