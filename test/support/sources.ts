import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const root = join(import.meta.dirname, "../..");

/** The folders of the product; `test` is the only other one with code. */
const PRODUCT = [
  "bench",
  "certs",
  "cli",
  "conformance",
  "controller",
  "dashboard",
  "demo",
  "docs",
  "evidence",
  "flags",
  "kube",
  "migrate",
  "notices",
  "providers",
  "release",
  "rollout",
  "telemetry",
  "webhook",
];

/** A TypeScript file of this repository. */
export interface Source {
  readonly path: string;
  /** The first part of the path. */
  readonly folder: string;
  readonly text: string;
  /** The specifiers as the file writes them. */
  readonly imports: readonly string[];
}

const specifier = /^(?:import|export)\s[^"';]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm;

/** All files of the product. */
export const productSources: readonly Source[] = PRODUCT.flatMap(sourcesIn);
/** The same, and the tests. */
export const allSources: readonly Source[] = [...productSources, ...sourcesIn("test")];

function sourcesIn(folder: string): Source[] {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name).slice(root.length + 1);
      const text = readFileSync(join(root, path), "utf8");
      const imports = [...text.matchAll(specifier)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
      return { path, folder, text, imports };
    });
}

/** The text without its comments, because a comment may name anything. */
export function codeOf({ text }: Source): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}

/** The files that a file imports, types included: a reader has to open them all. */
export function targetsOf({ path, imports }: Source): string[] {
  return imports.filter((name) => name.startsWith(".")).map((name) => normalize(join(dirname(path), name)));
}

/** All offences in one list, so that one run shows every one: `path: offence`. */
export function offencesIn(
  sources: readonly Source[],
  find: (source: Source) => readonly string[],
): string[] {
  return sources.flatMap((source) => find(source).map((offence) => `${source.path}: ${offence}`));
}
