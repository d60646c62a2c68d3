import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import packageJson from "../../../package.json" with { type: "json" };
import { PROGRAMS } from "../../../release/programs.ts";
import { buildImage, type Image, unpackImage } from "../../cluster/oci/build.ts";
import { type PackedContainer, packedCommand } from "../../cluster/oci/bundle.ts";
import { lastStage } from "../../cluster/oci/dockerfile.ts";
import { repository } from "../../cluster/tools.ts";

const WHO = `
  const { readFileSync, writeFileSync, readdirSync } = require("node:fs");
  const status = readFileSync("/proc/self/status", "utf8");
  const capabilities = [...status.matchAll(/^Cap(?:Prm|Eff|Bnd|Amb):\\s+(\\S+)$/gm)].map(([, set]) => Number(set));
  let writes = "";
  try { writeFileSync("/serin/x", ""); } catch ({ code }) { writes = code; }
  console.log(JSON.stringify({ uid: process.getuid(), gid: process.getgid(), cwd: process.cwd(), capabilities, writes,
    env: process.env.NODE_ENV, root: readdirSync("/") }));`;

describe("the image of the Dockerfile, in a container", function () {
  this.timeout(180_000);
  let dir: string;
  let image: Image;
  let started = 0;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "serin-oci-"));
    image = await buildImage(join(dir, "first"));
    unpackImage(image, join(dir, "unpacked"));
  });
  after(() => rmSync(dir, { recursive: true }));

  function run(args: readonly string[], options: Partial<PackedContainer> = {}, input = "") {
    started += 1;
    const container = { image: join(dir, "unpacked"), args, ...options };
    const [program = "", ...words] = packedCommand(
      join(dir, `${started}`),
      `serin-test-${started}`,
      container,
    );
    const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8", input });
    return { status, stdout, stderr };
  }

  it("runs each program as user 65532 with a read-only root and no capabilities", () => {
    const { status, stdout, stderr } = run(["-e", WHO]);
    expect(status, stderr).to.equal(0);
    const { root, ...rest } = JSON.parse(stdout);
    expect(rest).to.deep.equal({
      ...{ uid: 65_532, gid: 65_532, cwd: "/serin", capabilities: [0, 0, 0, 0], writes: "EROFS" },
      env: "production",
    });
    expect(root).to.not.include("bin");
    for (const program of PROGRAMS) {
      const help = run([program, "--help"]);
      expect(help.stdout, `${program}: ${help.stderr}`).to.match(/^Usage: /);
    }
  });

  it("runs as any other user, as OpenShift chooses one", () => {
    const { stdout, stderr } = run(["-e", "console.log(process.getuid())"], { user: 1_000_700_000 });
    expect(stdout, stderr).to.equal("1000700000\n");
  });

  it("has the plugin, which judges a file", () => {
    expect(run(["cli/main.ts", "version"]).stdout).to.equal(`kubectl-serin ${packageJson.version}\n`);
    const incident = {
      harm: { r0: 1.2 },
      ticks: [
        [1, 50, 2, 950],
        [4, 48, 1, 952],
        [6, 51, 3, 949],
      ],
    };
    const { stdout, stderr } = run(["cli/main.ts", "judge", "-"], {}, JSON.stringify(incident));
    expect(JSON.parse(stdout), stderr).to.include({ rollbackAtTick: 3 });
  });

  it("is the same when it is built again, and says what it is", async () => {
    const again = await buildImage(join(dir, "second"));
    expect(again.digest)
      .to.match(/^sha256:[0-9a-f]{64}$/)
      .and.to.equal(image.digest);
    const { labels, user, base } = lastStage(readFileSync(join(repository, "Dockerfile"), "utf8"));
    expect(labels).to.include.members([
      "org.opencontainers.image.source=https://github.com/serin-dev/serin",
      "org.opencontainers.image.licenses=Apache-2.0",
      `org.opencontainers.image.version=${packageJson.version}`,
    ]);
    expect(user).to.match(/^\d+:\d+$/);
    expect(base).to.match(/^gcr\.io\/distroless\/nodejs24-debian12:nonroot$/);
  });
});
