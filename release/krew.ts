/**
 * `node release/krew.ts FOLDER URL`: writes FOLDER/serin.yaml, the manifest by which `kubectl krew install` finds the archives
 * of that folder at URL/NAME. Every platform of archives.ts must have its archive there.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import packageJson from "../package.json" with { type: "json" };
import { archiveOf, platforms, programIn } from "./archives.ts";

/**
 * The manifest as krew's index wants it. `digestOf` gives the SHA-256 of an archive in hex; `url` is where the archives are,
 * without a slash at the end.
 */
export function krewManifest(url: string, digestOf: (archive: string) => string): string {
  const manifest = {
    apiVersion: "krew.googlecontainertools.github.com/v1alpha2",
    kind: "Plugin",
    metadata: { name: "serin" },
    spec: {
      version: `v${packageJson.version}`,
      homepage: "https://github.com/serin-dev/serin",
      shortDescription: "See and order canary releases of Deployments",
      description: DESCRIPTION,
      caveats: CAVEATS,
      platforms: platforms.map((platform) => ({
        selector: { matchLabels: { ...platform } },
        uri: `${url}/${archiveOf(platform)}`,
        sha256: digestOf(archiveOf(platform)),
        bin: programIn(platform),
      })),
    },
  };
  return stringify(manifest, { lineWidth: 0 });
}

// krew warns of lines above 80 characters.
const DESCRIPTION = `Serin gives Deployments canary releases on the Gateway API, without a CRD.
This plugin shows rollouts with the evidence for and against the canary,
orders promotions and rollbacks, checks manifests before a rollout, and
examines an installation of Serin.
`;

const CAVEATS = `For completion after "kubectl serin", run once:
  kubectl serin completion --install
`;

if (import.meta.main) {
  const [folder = "dist/plugins", url = ""] = process.argv.slice(2);
  if (!url.startsWith("https://")) throw new Error("usage: node release/krew.ts FOLDER https://URL");
  const digestOf = (archive: string) =>
    createHash("sha256")
      .update(readFileSync(join(folder, archive)))
      .digest("hex");
  writeFileSync(join(folder, "serin.yaml"), krewManifest(url.replace(/\/$/, ""), digestOf));
}
