import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { writeContent } from "../../../release/bundle.ts";
import { PROGRAMS } from "../../../release/programs.ts";
import { repository } from "../../cluster/tools.ts";

describe("the content of the image", function () {
  this.timeout(120_000);
  let dir: string;
  let content: string;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "serin-image-"));
    content = join(dir, "content");
    await writeContent(content);
  });
  after(() => rmSync(dir, { recursive: true }));

  it("runs each program by the path that it has in the repository, without any other file", () => {
    for (const program of PROGRAMS) {
      const help = execFileSync(process.execPath, [program, "--help"], { cwd: content, encoding: "utf8" });
      expect(help, program).to.match(/^Usage: /);
    }
  });

  it("holds every program that deploy/ starts", () => {
    const manifest = readFileSync(join(repository, "deploy/deployment.yaml"), "utf8");
    const started = [...manifest.matchAll(/- (\w+\/\w+\.ts)$/gm)].map(([, path]) => path);
    expect(started).to.have.length.above(1);
    expect(PROGRAMS).to.include.members(started);
  });

  it("has programs in ASCII alone, because node would keep any other one with two bytes for each character", () => {
    const scripts = readdirSync(content, { recursive: true, encoding: "utf8" }).filter(
      (path) => path.endsWith(".js") && !path.startsWith("dashboard/assets"),
    );
    expect(scripts).to.have.length.at.least(PROGRAMS.length);
    const others = scripts.filter((path) => /\P{ASCII}/u.test(readFileSync(join(content, path), "utf8")));
    expect(others).to.deep.equal([]);
  });

  it("keeps libraries that few installations need out of the text that each process holds", () => {
    const first = (program: string) => readFileSync(join(content, program), "utf8");
    expect(first("webhook/main.ts")).to.not.include("node_modules/node-forge/");
    expect(first("controller/main.ts")).to.not.match(/node_modules\/(?:@aws-sdk|@smithy|jose)\//);
    expect(first("controller/main.ts")).to.include("node_modules/undici/");
  });

  it("is the same when it is built again", async () => {
    const again = join(dir, "again");
    await writeContent(again);
    expect(digests(again)).to.deep.equal(digests(content));
  });

  it("has a bill of materials with each package and its license, and the licenses' texts", () => {
    const { components } = JSON.parse(readFileSync(join(content, "sbom.cdx.json"), "utf8")) as {
      components: { name: string; version: string; licenses?: { expression: string }[] }[];
    };
    const names = components.map(({ name }) => name);
    expect(names).to.include.members(["undici", "pino", "express", "node-forge", "valibot"]);
    expect(names).to.not.include("mocha");
    const unlicensed = components.filter(({ licenses }) => licenses === undefined).map(({ name }) => name);
    expect(unlicensed).to.deep.equal([]);
    expect(existsSync(join(content, "LICENSE"))).to.equal(true);
  });

  it("is what the Dockerfile copies", () => {
    const dockerfile = readFileSync(join(repository, "Dockerfile"), "utf8");
    expect(dockerfile.match(/^COPY --from=\S+ .*$/gm)).to.deep.equal([
      "COPY --from=content /checkout/dist/image ./",
    ]);
  });
});

function digests(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  const digest = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
  return Object.fromEntries(files.toSorted().map((path) => [path.slice(folder.length), digest(path)]));
}
