import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";

/** The page's files, beside this program. */
export const PAGE_FOLDER = join(import.meta.dirname, "assets");

/** One file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
  /** Strong: the digest of the content. */
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".txt": "text/plain; charset=utf-8",
};
const INDEX = "index.html";

/** The files of a folder by their URL paths, read once; `/` is index.html. Throws if the folder has none. */
export function readAssets(folder: string): ReadonlyMap<string, Asset> {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const shown = names.filter((name) => TYPES[extname(name)] !== undefined);
  const assets = new Map(shown.map((name) => [`/${name}`, assetOf(join(folder, name))]));
  const index = assets.get(`/${INDEX}`);
  if (index === undefined)
    throw new Error(`the dashboard's page is missing: there is no ${join(folder, INDEX)}`);
  return assets.set("/", index);
}

function assetOf(path: string): Asset {
  const body = readFileSync(path);
  const digest = createHash("sha256").update(body).digest("base64url").slice(0, 27);
  return { type: TYPES[extname(path)] ?? "", body, etag: `"${digest}"` };
}
