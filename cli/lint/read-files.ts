import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../kube/core/error-message.ts";
import type { Source } from "./lint.ts";

/** Reads files as kubectl's -f does: a file, a folder with its YAML and JSON, or `-`. Throws if one cannot be read. */
export async function readSources(
  paths: readonly string[],
  input: () => Promise<string>,
): Promise<readonly Source[]> {
  const sources: Source[] = [];
  for (const path of paths) {
    if (path === "-") sources.push({ name: "standard input", text: await input() });
    else for (const name of filesAt(path)) sources.push({ name, text: contentOf(name) });
  }
  return sources;
}

function filesAt(path: string): readonly string[] {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isFolder) return [path];
  return readdirSync(path)
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .toSorted()
    .map((name) => join(path, name));
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`cannot read ${file}: ${messageOf(cause)}`, { cause });
  }
}
