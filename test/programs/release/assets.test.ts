import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { parse, parseAllDocuments } from "yaml";
import packageJson from "../../../package.json" with { type: "json" };
import { archiveOf, platforms } from "../../../release/archives.ts";
import { findHelm, findTools, repository } from "../../cluster/tools.ts";

const IMAGE = `ghcr.io/serin-dev/serin@sha256:${"5".repeat(64)}`;
const { version } = packageJson;

describe("what a release publishes beside the image", function () {
  this.timeout(120_000);
  let home: string;
  let dir: string;
  before(() => {
    home = mkdtempSync(join(tmpdir(), "serin-release-"));
    dir = join(home, "assets");
    mkdirSync(dir);
    // Each platform builds its own archive in the workflow.
    for (const platform of platforms) writeFileSync(join(dir, archiveOf(platform)), platform.os);
    const programs = [process.execPath, findTools().program("kubectl"), findHelm(4)].map(dirname);
    const env = {
      PATH: [...programs, "/usr/bin", "/bin"].join(":"),
      HOME: home,
      SERIN_IMAGE: IMAGE,
    };
    run(process.execPath, ["release/assets.ts", dir, "https://example.com/v1/"], repository, env);
  });
  after(() => rmSync(home, { recursive: true }));

  it("is each file of the list, with its checksum", () => {
    const assets = [
      ...platforms.map(archiveOf),
      ...[
        "install.yaml",
        `kubectl-serin-${version}.tgz`,
        "sbom.cdx.json",
        `serin-${version}.tgz`,
        "serin.yaml",
      ],
    ];
    expect(readdirSync(dir)).to.have.members([...assets, "SHA256SUMS", "notes.md"]);
    const checked = run("sha256sum", ["--check", "--strict", "SHA256SUMS"], dir);
    expect(checked.trim().split("\n")).to.have.members(assets.map((name) => `${name}: OK`));
  });

  it("has every file that the workflow names", () => {
    const workflow = readFileSync(join(repository, ".github/workflows/release.yml"), "utf8");
    const named = [...workflow.matchAll(/[\w.$-]+\.(?:tgz|cdx\.json|md)\b|SHA256SUMS(?=$)/gm)].map(([name]) =>
      name.replace("$VERSION", version),
    );
    expect(named).to.include(`serin-${version}.tgz`);
    expect(readdirSync(dir)).to.include.members(named.filter((name) => name !== "releasing.md"));
  });

  it("names the image by its digest in every pod of install.yaml", () => {
    const objects = parseAllDocuments(readFileSync(join(dir, "install.yaml"), "utf8"));
    const images = objects
      .map((document) => document.toJS())
      .filter(({ kind }) => kind === "Deployment")
      .map(({ spec }) => spec.template.spec.containers[0].image);
    expect(images).to.deep.equal([IMAGE, IMAGE]);
  });

  it("has a chart that helm takes, and archives that krew's manifest finds", () => {
    run(findHelm(4), ["lint", "--strict", join(dir, `serin-${version}.tgz`)], dir, { HOME: home });
    const { spec } = parse(readFileSync(join(dir, "serin.yaml"), "utf8"));
    const sums = readFileSync(join(dir, "SHA256SUMS"), "utf8");
    for (const { uri, sha256 } of spec.platforms) {
      expect(uri).to.match(/^https:\/\/example\.com\/v1\/kubectl-serin-/);
      expect(sums).to.include(`${sha256}  ${uri.slice("https://example.com/v1/".length)}\n`);
    }
  });
});

function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): string {
  const all = { PATH: "/usr/bin:/bin", ...env };
  return execFileSync(program, args, { cwd, env: all, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
