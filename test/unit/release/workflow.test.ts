import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import packageJson from "../../../package.json" with { type: "json" };
import { platforms } from "../../../release/archives.ts";

const root = join(import.meta.dirname, "../../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const { jobs } = parse(read(".github/workflows/release.yml"));
const steps = [...jobs.plugins.steps, ...jobs.release.steps];
const commands = steps.map(({ run = "" }) => run).join("\n");
const all = (pattern: RegExp) => [...commands.matchAll(pattern)].map(([, found = ""]) => found);

/** Which platform a runner of GitHub builds for. */
const RUNNERS: Readonly<Record<string, string>> = {
  "ubuntu-24.04": "linux/amd64",
  "ubuntu-24.04-arm": "linux/arm64",
  "macos-15-intel": "darwin/amd64",
  "macos-15": "darwin/arm64",
  "windows-2025": "windows/amd64",
};

describe("the workflow of a release", () => {
  it("runs scripts that package.json has, and programs that the checkout has", () => {
    const scripts = all(/\bnpm run (?:-s )?([\w:-]+)/g);
    const programs = all(/\bnode ([\w./-]+)/g);
    expect(scripts).to.include("check");
    expect(Object.keys(packageJson.scripts)).to.include.members(scripts);
    expect(programs).to.include.members(["release/version.ts", "release/executable.ts", "release/assets.ts"]);
    expect(programs.filter((program) => !existsSync(join(root, program)))).to.deep.equal([]);
  });

  it("builds the plugin once for each platform of a release", () => {
    const built = (jobs.plugins.strategy.matrix.runner as string[]).map((runner) => RUNNERS[runner]);
    expect(built).to.have.members(platforms.map(({ os, arch }) => `${os}/${arch}`));
    const upload = jobs.plugins.steps.find(({ uses = "" }) => uses.startsWith("actions/upload-artifact"));
    expect(upload.with.path).to.equal("dist/plugins/*.tar.gz");
    expect(read("release/executable.ts")).to.include('"../dist/plugins"');
  });

  it("gives the Dockerfile only arguments that it has", () => {
    const image = jobs.release.steps.find(({ id }: { id?: string }) => id === "image");
    const given = [...String(image.with["build-args"]).matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    const known = [...read("Dockerfile").matchAll(/^ARG (\w+)=/gm)].map(([, name]) => name);
    expect(given).to.have.members(known);
  });
});
