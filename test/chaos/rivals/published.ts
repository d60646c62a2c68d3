import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { manifestsIn } from "../../../cli/lint/manifests.ts";
import { placeOf, type SourceObject } from "../../../migrate/conversion.ts";

/** One text of manifests: a file, a block of a page, or what a script hands to kubectl. */
interface Published {
  readonly where: string;
  readonly text: string;
}

const HEREDOC = /<<-?\s*'?(\w+)'?[^\n]*\n([\s\S]*?)\n\s*\1\s*$/gm;
const BLOCK = /```ya?ml\n([\s\S]*?)```/g;

/** The manifests below a folder, which their authors wrote in YAML files, in pages and in scripts. */
export function publishedIn(folder: string): readonly Published[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .toSorted()
    .filter((name) => /\.(ya?ml|md|sh)$/.test(name))
    .flatMap((name) => textsIn(name, readFileSync(join(folder, name), "utf8")));
}

function textsIn(name: string, text: string): readonly Published[] {
  const inside = name.endsWith(".sh") ? HEREDOC : name.endsWith(".md") ? BLOCK : undefined;
  if (inside === undefined) return [{ where: name, text }];
  return [...text.matchAll(inside)].map((found, i) => ({ where: `${name}#${i}`, text: found.at(-1) ?? "" }));
}

/**
 * The objects in a text, all in this namespace. Templates of Helm, what is not YAML, and fragments without a name, which pages
 * show, give none.
 */
export function objectsIn({ where, text }: Published, namespace: string): readonly SourceObject[] {
  const { manifests, findings } = manifestsIn(where, text);
  if (findings.length > 0) return [];
  return manifests
    .map(({ object }) => object)
    .filter((object) => placeOf(object).name !== "")
    .map((object) => ({ ...object, metadata: { ...(object.metadata as object), namespace } }));
}

/** The templates of metrics among these objects, which stand in other texts than what names them; the first of each name. */
export function templatesAmong(objects: readonly SourceObject[]): readonly SourceObject[] {
  const keyOf = (object: SourceObject) => `${String(object.kind)}/${placeOf(object).name}`;
  const templates = objects.filter(({ kind }) =>
    /^(MetricTemplate|(Cluster)?AnalysisTemplate)$/.test(String(kind)),
  );
  return [...new Map(templates.toReversed().map((object) => [keyOf(object), object])).values()];
}
