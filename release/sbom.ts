import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/**
 * The packages whose code is in the bundles, as a CycloneDX 1.6 document. `inputs` are the bundled files, relative to
 * the checkout. It has no time and no serial number, so the same checkout gives the same document.
 */
export function billOfMaterials(checkout: string, inputs: readonly string[]): object {
  const read = (folder: string) =>
    JSON.parse(readFileSync(join(checkout, folder, "package.json"), "utf8")) as Package;
  const folders = new Set(inputs.flatMap((input) => packageFolder(input) ?? []));
  const components = [...folders]
    .map(read)
    .map((found) => component("library", found))
    .toSorted((a, b) => a["bom-ref"].localeCompare(b["bom-ref"], "en"));
  const unique = components.filter((each, i) => each["bom-ref"] !== components[i - 1]?.["bom-ref"]);
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: component("application", read(".")) },
    components: unique,
  };
}

/** The folder of the package that a file belongs to; undefined for a file of this repository. */
function packageFolder(path: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0];
}

function component(type: string, { name, version, license }: Package) {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  return {
    type,
    "bom-ref": purl,
    name,
    version,
    purl,
    ...(license && { licenses: [{ expression: license }] }),
  };
}
