import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { messageOf } from "../../kube/core/error-message.ts";
import type { KubeObject } from "../../kube/core/meta.ts";
import type { Conversion } from "../../migrate/conversion.ts";
import { notesPage } from "../../migrate/page.ts";

/** Objects as a YAML text, a document each; in YAML 1.1, by which kubectl reads a plain `off` as false. */
export function yamlOf(objects: readonly KubeObject[]): string {
  return objects.map((object) => stringify(object, { lineWidth: 0, version: "1.1" })).join("---\n");
}

/** Writes a conversion into a folder of its own below `root` and returns the folder. Throws if it cannot be written. */
export function writeConversion(root: string, conversion: Conversion): string {
  const { source, namespace, name, files } = conversion;
  // Notes alone must not take the place of a Deployment of the same name.
  const own = files.length === 0 ? source.replace("/", "-") : name;
  const folder = join(root, ...(namespace === undefined ? [] : [namespace]), own);
  try {
    mkdirSync(folder, { recursive: true });
    for (const file of files) writeFileSync(join(folder, file.name), yamlOf(file.objects));
    writeFileSync(join(folder, "NOTES.md"), notesPage(conversion));
  } catch (cause) {
    throw new Error(`cannot write into ${folder}: ${messageOf(cause)}`, { cause });
  }
  return folder;
}
