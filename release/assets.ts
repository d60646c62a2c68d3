/**
 * `node release/assets.ts FOLDER URL`: adds to the plugin's archives in FOLDER what a release publishes beside the image:
 * install.yaml, the bill of materials, the chart, the npm package, krew's manifest for archives at URL/NAME, the notes, and the
 * checksums of all. SERIN_IMAGE names the image with its digest. Needs kubectl, helm and npm.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { checkout, writeContent } from "./bundle.ts";
import { inOneFile } from "./install.ts";
import { krewManifest } from "./krew.ts";
import { buildPlugin } from "./plugin.ts";
import { notesOf } from "./version.ts";

/** The file that is no asset itself: it is the text of the release. */
const NOTES = "notes.md";
const SUMS = "SHA256SUMS";

async function writeAssets(folder: string, url: string, image: string): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), "serin-assets-"));
  const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
  try {
    await writeContent(join(work, "image"));
    copyFileSync(join(work, "image/sbom.cdx.json"), join(folder, "sbom.cdx.json"));
    put("install.yaml", inOneFile(run("kubectl", "kustomize", join(checkout, "deploy")), image));
    run("helm", "package", join(checkout, "deploy/chart"), "--destination", folder);
    await buildPlugin(join(work, "plugin"));
    run("npm", "pack", join(work, "plugin"), "--pack-destination", folder);
    put(
      "serin.yaml",
      krewManifest(url, (archive) => digestOf(join(folder, archive))),
    );
    put(NOTES, notesOf(packageJson.version, readFileSync(join(checkout, "CHANGELOG.md"), "utf8")) ?? "");
    const assets = readdirSync(folder).filter((name) => name !== NOTES && name !== SUMS);
    put(SUMS, assets.map((name) => `${digestOf(join(folder, name))}  ${name}\n`).join(""));
  } finally {
    rmSync(work, { recursive: true });
  }
}

function digestOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

const [folder, url = ""] = process.argv.slice(2);
const image = process.env.SERIN_IMAGE ?? "";
if (folder === undefined || !url.startsWith("https://") || !/@sha256:[0-9a-f]{64}$/.test(image))
  throw new Error("usage: SERIN_IMAGE=NAME@sha256:… node release/assets.ts FOLDER https://URL");
await writeAssets(resolve(folder), url.replace(/\/$/, ""), image);
