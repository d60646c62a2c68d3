/**
 * `npm run plugin`: bundles `kubectl serin` into dist/plugin, the package `kubectl-serin` without dependencies. With both
 * programs on the PATH, kubectl finds the plugin and its completion.
 */
import { chmodSync, copyFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import packageJson from "../package.json" with { type: "json" };

const repository = join(import.meta.dirname, "..");

/** Writes the package in place of all that the folder has. Throws the errors of esbuild. */
export async function buildPlugin(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: [join(repository, "cli/main.ts")],
    outfile: join(folder, "serin.cjs"),
    bundle: true,
    platform: "node",
    // Node compiles CommonJS lazily, so that the program starts in half the time of modules.
    format: "cjs",
    target: `node${packageJson.engines.node.replace(/[^\d.]/g, "")}`,
    // The dashboard's page lies beside the bundle.
    define: { "import.meta.dirname": "__dirname" },
    // Less to read at each start. The names stay, so that a stack tells where.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "external",
    logLevel: "warning",
  });
  for (const [name, before] of Object.entries(programs)) {
    const file = join(folder, name);
    writeFileSync(file, `#!/usr/bin/env node\n${CHECK}${CACHE}${before}require("./serin.cjs");\n`);
    chmodSync(file, 0o755);
  }
  copyFileSync(join(repository, "LICENSE"), join(folder, "LICENSE"));
  copyFileSync(join(import.meta.dirname, "npm/README.md"), join(folder, "README.md"));
  cpSync(join(repository, "dashboard/assets"), join(folder, "assets"), { recursive: true });
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

const { version, license, engines } = packageJson;
const home = "https://github.com/serin-dev/serin";

const [needed = ""] = engines.node.match(/\d+\.\d+/) ?? [];
const [major, minor] = needed.split(".");
/** An older Node would end in the middle of a package, with a stack trace. */
const CHECK = `var has = process.versions.node.split(".").map(Number);
if (has[0] < ${major} || (has[0] === ${major} && has[1] < ${minor})) {
  console.error("kubectl serin needs Node ${needed} or newer, and Node " + process.versions.node + " runs it");
  process.exit(1);
}
`;
/** Node keeps the compiled bundle, which must be a file of its own for that. */
const CACHE = 'require("node:module").enableCompileCache?.();\n';
/** The programs of the package, each with what it does before it runs the bundle. */
const programs = {
  "kubectl-serin": "",
  "kubectl_complete-serin": 'process.argv.splice(2, 0, "__complete");\n',
} as const;

/** The manifest of the npm package. */
const manifest = {
  name: "kubectl-serin",
  version,
  description: "kubectl serin: see and order canary releases of Deployments",
  license,
  homepage: `${home}#readme`,
  bugs: `${home}/issues`,
  repository: { type: "git", url: `git+${home}.git` },
  keywords: ["kubernetes", "kubectl", "kubectl-plugin", "canary", "gateway-api", "progressive-delivery"],
  engines,
  type: "commonjs",
  bin: Object.fromEntries(Object.keys(programs).map((name) => [name, name])),
};

if (import.meta.main) await buildPlugin(join(repository, "dist/plugin"));
