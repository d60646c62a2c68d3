/**
 * `npm run page`: bundles the page of the dashboard from dashboard/page/ into dashboard/assets/, which the server serves. The
 * result is in the repository, like the generated docs: a clone, the image and the plugin serve the same files, and no
 * program that runs needs a bundler. A test compares the files with a fresh bundle.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const repository = join(import.meta.dirname, "..");
/** The packages whose code is in the bundle. */
const PACKAGES = ["eventsource-parser", "preact", "uplot"] as const;
/** The first versions with light-dark() in style sheets and AbortSignal.any(). */
const BROWSERS = ["chrome123", "firefox124", "safari17.5"];

/** Writes index.html, app.js, app.css and the licenses into a folder. Two calls write the same bytes. Throws esbuild's errors. */
export async function buildPage(folder: string): Promise<void> {
  const page = join(repository, "dashboard/page");
  mkdirSync(folder, { recursive: true });
  await build({
    absWorkingDir: repository,
    entryPoints: [
      { in: "dashboard/page/main.tsx", out: "app" },
      { in: "dashboard/page/app.css", out: "app" },
    ],
    outdir: folder,
    bundle: true,
    minify: true,
    format: "esm",
    target: BROWSERS,
    legalComments: "none",
    logLevel: "error",
  });
  copyFileSync(join(page, "index.html"), join(folder, "index.html"));
  writeFileSync(join(folder, "licenses.txt"), PACKAGES.map(licenseOf).join("\n"));
}

function licenseOf(name: string): string {
  return `${name}\n\n${readFileSync(join(repository, "node_modules", name, "LICENSE"), "utf8")}`;
}

if (import.meta.main) await buildPage(join(repository, "dashboard/assets"));
