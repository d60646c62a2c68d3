/**
 * `npm run package`: writes what a release publishes into dist/: `image/`, the content of the image (the Dockerfile copies
 * it), and install.yaml, what `kubectl apply -k deploy/` installs in one file. SERIN_IMAGE names another image in it, such
 * as one with a digest. Needs kubectl for install.yaml; the argument `image` writes the content of the image alone.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout, writeContent } from "./bundle.ts";
import { inOneFile } from "./install.ts";

const dist = join(checkout, "dist");
await writeContent(join(dist, "image"));
if (process.argv[2] !== "image") {
  mkdirSync(dist, { recursive: true });
  const rendered = execFileSync("kubectl", ["kustomize", join(checkout, "deploy")], { encoding: "utf8" });
  writeFileSync(join(dist, "install.yaml"), inOneFile(rendered, process.env.SERIN_IMAGE));
}
