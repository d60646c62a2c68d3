import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { build } from "esbuild";
import { PROGRAMS } from "./programs.ts";
import { billOfMaterials } from "./sbom.ts";

/** The root of the repository. */
export const checkout = resolve(import.meta.dirname, "..");

/** The dashboard's page, which its program reads beside itself. */
const PAGE = "dashboard/assets";

/** Packages in CommonJS require modules of Node by name, which a module of ECMAScript must first be able to do. */
const REQUIRE =
  'import { createRequire as serinRequire } from "node:module"; const require = serinRequire(import.meta.url);';

/**
 * Writes the content of the image into `folder`, and replaces what was there: each program with all that it imports in
 * its folder, source maps, the license, the licenses of the packages, and a bill of materials (CycloneDX). Two calls on
 * the same checkout write the same bytes. Throws esbuild's error if a program does not compile.
 */
export async function writeContent(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const inputs = await Promise.all(PROGRAMS.map((program) => writeProgram(folder, program)));
  cpSync(join(checkout, "LICENSE"), join(folder, "LICENSE"));
  cpSync(join(checkout, PAGE), join(folder, PAGE), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  const bill = billOfMaterials(checkout, inputs.flat());
  writeFileSync(join(folder, "sbom.cdx.json"), `${JSON.stringify(bill, undefined, 2)}\n`);
}

/**
 * Bundles one program, and returns the files that are in it. What the program imports only when it needs it, such as the
 * libraries of a cloud's login, gets files of its own, so that a process without this need does not hold their text. Programs
 * share no file: node would execute all of it for each of them.
 */
async function writeProgram(folder: string, program: string): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: checkout,
    entryPoints: [program],
    outdir: join(folder, dirname(program)),
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node22.19",
    banner: { js: REQUIRE },
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "linked",
    metafile: true,
    logLevel: "error",
  });
  for (const path of Object.keys(metafile.outputs).filter((output) => output.endsWith(".js"))) {
    const script = join(checkout, path);
    writeFileSync(script, inAscii(readFileSync(script, "utf8")));
  }
  // The manifests name the files of the repository. Node follows the link, and so takes no time to strip types.
  symlinkSync(basename(program).replace(/\.ts$/, ".js"), join(folder, program));
  return Object.keys(metafile.inputs);
}

/**
 * The same program in ASCII. Node keeps the text of a program as long as it runs: with two bytes for each character if one of
 * them is not ASCII, even in a comment. esbuild escapes such characters everywhere but in comments and regular expressions,
 * and a regular expression means the same with the escape.
 */
function inAscii(script: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return script.replace(/\P{ASCII}/gu, (character) => character.split("").map(escaped).join(""));
}
