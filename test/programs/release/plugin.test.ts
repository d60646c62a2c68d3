import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { scripts } from "../../../cli/completion/scripts.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { buildPlugin } from "../../../release/plugin.ts";
import { findTools } from "../../cluster/tools.ts";

const node = dirname(process.execPath);

describe("the npm package kubectl-serin", function () {
  this.timeout(120_000);
  let dir: string;
  let prefix: string;
  let archive: string;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "serin-npm-"));
    prefix = join(dir, "prefix");
    await buildPlugin(join(dir, "package"));
    const [packed] = JSON.parse(npm("pack", join(dir, "package"), "--json", "--pack-destination", dir)) as [
      { filename: string; files: { path: string }[] },
    ];
    archive = join(dir, packed.filename);
    const outside = packed.files.filter(({ path }) => !path.startsWith("assets/"));
    expect(outside.map(({ path }) => path).toSorted()).to.deep.equal([
      "LICENSE",
      "README.md",
      "kubectl-serin",
      "kubectl_complete-serin",
      "package.json",
      "serin.cjs",
      "serin.cjs.LEGAL.txt",
    ]);
    npm("install", "--global", "--prefix", prefix, "--offline", "--no-audit", "--no-fund", archive);
  });
  after(() => rmSync(dir, { recursive: true }));

  function npm(...args: string[]): string {
    const env = { PATH: `${node}:/usr/bin:/bin`, HOME: dir, npm_config_cache: join(dir, "cache") };
    return execFileSync("npm", args, { encoding: "utf8", env, stdio: ["ignore", "pipe", "pipe"] });
  }
  function run(program: string, args: readonly string[], path = join(prefix, "bin")) {
    // Without a kubeconfig nothing asks a cluster.
    const env = { PATH: `${path}:${node}:/usr/bin:/bin`, HOME: dir, LANG: "C.UTF-8" };
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", env });
    return { status, stdout, stderr };
  }
  const kubectl = (...args: string[]) => run(findTools().program("kubectl"), args);

  it("depends on nothing, and names its version, license and home", () => {
    const installed = join(prefix, "lib/node_modules/kubectl-serin");
    const { dependencies, version, license, repository, engines } = JSON.parse(
      readFileSync(join(installed, "package.json"), "utf8"),
    );
    expect({ dependencies, version, license, engines }).to.deep.equal({
      dependencies: undefined,
      version: packageJson.version,
      license: "Apache-2.0",
      engines: packageJson.engines,
    });
    expect(repository.url).to.equal("git+https://github.com/serin-dev/serin.git");
    expect(readdirSync(join(prefix, "lib/node_modules"))).to.deep.equal(["kubectl-serin"]);
  });

  it("says which Node it needs where an older one runs it, in one line", () => {
    const older = join(dir, "older.cjs");
    writeFileSync(older, 'Object.defineProperty(process.versions, "node", { value: "22.18.0" });\n');
    for (const program of ["kubectl-serin", "kubectl_complete-serin"]) {
      const { status, stderr } = run(process.execPath, [
        "--require",
        older,
        join(prefix, "bin", program),
        "version",
      ]);
      expect(stderr).to.equal("kubectl serin needs Node 22.19 or newer, and Node 22.18.0 runs it\n");
      expect(status).to.equal(1);
    }
  });

  it("is found by kubectl, which also completes its words", () => {
    expect(kubectl("serin", "version")).to.deep.equal({
      status: 0,
      stdout: `kubectl-serin ${packageJson.version}\n`,
      stderr: "",
    });
    expect(kubectl("plugin", "list", "--name-only").stdout).to.match(/^kubectl-serin$/m);
    expect(kubectl("__complete", "serin", "adv").stdout).to.match(/^advance\tLeaves .*\n:4\n/);
    expect(kubectl("serin", "completion", "--install").stdout).to.include("was there already");
  });

  it("is completed by kubectl after `completion --install` where it came alone, as from krew", () => {
    const bin = join(dir, "krew");
    execFileSync("mkdir", [bin]);
    const own = join(prefix, "lib/node_modules/kubectl-serin/kubectl-serin");
    writeFileSync(join(bin, "kubectl-serin"), `#!/bin/sh\nexec ${own} "$@"\n`, { mode: 0o755 });
    const alone = (...args: string[]) => run(findTools().program("kubectl"), args, bin);
    expect(alone("__complete", "serin", "adv").stdout).to.not.include("advance");
    expect(alone("serin", "completion", "--install").stdout).to.include("was written");
    expect(alone("__complete", "serin", "adv").stdout).to.match(/^advance\tLeaves .*\n:4\n/);
  });

  it("is completed by bash under its own name", () => {
    const script = `${scripts.bash}
      compopt() { echo "compopt $*"; }
      offer() { COMP_LINE=$1 COMP_POINT=\${#1}; _kubectl_serin; printf '%s\\n' "\${COMPREPLY[@]}"; }
      offer "kubectl-serin pro"; offer "kubectl-serin promote --dry"; offer "kubectl-serin promote --dry-run=s"; offer "kubectl-serin judge "; offer "kubectl-serin completion "`;
    expect(run("bash", ["-c", script]).stdout.split("\n").filter(Boolean)).to.deep.equal([
      "promote",
      "compopt -o nospace",
      "--dry-run=",
      "server",
      "compopt -o default",
      ...["bash", "zsh", "fish", "powershell"],
    ]);
  });
});
