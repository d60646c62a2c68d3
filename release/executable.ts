/**
 * `node release/executable.ts`: the plugin with Node inside, as one executable for the platform that runs this script, in
 * dist/plugins/kubectl-serin-VERSION-OS-ARCH.tar.gz with the licenses. Needs Node 25.5 or newer (`--build-sea`), and tar.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { archiveOf, platformOf, programIn } from "./archives.ts";
import { buildPlugin } from "./plugin.ts";

const platform = platformOf(process.platform, process.arch);
if (platform === undefined)
  throw new Error(`a release has no archive for ${process.platform} on ${process.arch}`);
/** What the executable has inside, or does not need. */
const INSIDE = ["kubectl-serin", "kubectl_complete-serin", "package.json", "serin.cjs", "README.md"];
const archives = join(import.meta.dirname, "../dist/plugins");
const work = mkdtempSync(join(tmpdir(), "serin-executable-"));
try {
  const [bundle, content] = [join(work, "bundle"), join(work, "content")];
  await buildPlugin(bundle);
  mkdirSync(content);
  const program = join(content, programIn(platform));
  const config = join(work, "sea.json");
  const settings = {
    main: join(bundle, "serin.cjs"),
    output: program,
    disableExperimentalSEAWarning: true,
    // Compiled on the platform that runs it, so the code cache fits.
    useCodeCache: true,
  };
  writeFileSync(config, JSON.stringify(settings));
  execFileSync(process.execPath, ["--build-sea", config], { stdio: "inherit" });
  // macOS runs nothing on ARM without a signature; this one names nobody.
  if (platform.os === "darwin") execFileSync("codesign", ["--force", "--sign", "-", program]);
  execFileSync(program, ["version"], { stdio: "inherit" });
  for (const file of readdirSync(bundle).filter((name) => !INSIDE.includes(name)))
    cpSync(join(bundle, file), join(content, file), { recursive: true });
  mkdirSync(archives, { recursive: true });
  execFileSync("tar", ["-czf", join(archives, archiveOf(platform)), "-C", content, "."]);
} finally {
  rmSync(work, { recursive: true });
}
