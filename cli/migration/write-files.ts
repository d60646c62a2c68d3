import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { messageOf } from "../../kube/core/error-message.ts";
import type { KubeObject } from "../../kube/core/meta.ts";
import type { Conversion } from "../../migrate/conversion.ts";
import { notesPage } from "../../migrate/page.ts";

/** By YAML 1.1, kubectl reads a plain `off` as false; by YAML 1.2, a plain `0o17` as 15. Both get quotes. */
const FOR_KUBECTL = { lineWidth: 0, version: "1.1", compat: "core" } as const;

/** Objects as a YAML text, a document each. */
export function yamlOf(objects: readonly KubeObject[]): string {
  return objects.map((object) => stringify(object, FOR_KUBECTL)).join("---\n");
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
