import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { writeContent } from "../../../release/bundle.ts";
import { findContainerTools, repository } from "../tools.ts";
import { lastStage, type Stage } from "./dockerfile.ts";

/** The time of every file and of the image, in s since 1970: two builds are one image. */
const EPOCH = "0";
/** Where the Dockerfile's base image has node, which is also its entrypoint. */
const NODE = "/nodejs/bin/node";
const TAG = "serin";

/** An image in a folder (an OCI layout). */
export interface Image {
  readonly layout: string;
  /** The digest of its manifest. */
  readonly digest: string;
}

/**
 * Builds the image of the Dockerfile's last stage in an empty folder, without a container engine: what it copies, and in place
 * of its base node with this machine's libraries. Throws the programs' errors.
 */
export async function buildImage(folder: string): Promise<Image> {
  const stage = lastStage(readFileSync(join(repository, "Dockerfile"), "utf8"));
  const root = join(folder, "root");
  await fill(root, stage);
  const layer = join(folder, "layer.tar");
  const owners = ["--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX"];
  execFileSync("tar", ["--sort=name", `--mtime=@${EPOCH}`, ...owners, "-cf", layer, "-C", root, "."]);
  const layout = join(folder, "layout");
  const image = ["--image", `${layout}:${TAG}`];
  umoci("init", "--layout", layout);
  umoci("new", ...image);
  umoci("raw", "add-layer", ...image, layer);
  umoci("config", ...image, ...settingsOf(stage));
  const { manifests } = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as {
    manifests: { digest: string }[];
  };
  return { layout, digest: manifests[0]?.digest ?? "" };
}

/** Unpacks an image into a folder that does not exist: `rootfs/`, and `config.json` for runc. */
export function unpackImage({ layout }: Image, folder: string): void {
  umoci("unpack", "--image", `${layout}:${TAG}`, folder);
}

async function fill(root: string, { copies, workdir }: Stage): Promise<void> {
  for (const { from, to } of copies) {
    if (from !== "/checkout/dist/image")
      throw new Error(`Dockerfile: COPY ${from}: this folder is not known here`);
    await writeContent(join(root, resolve(workdir, to)));
  }
  const libraries = execFileSync("ldd", [process.execPath], { encoding: "utf8" });
  const files = [...libraries.matchAll(/(?:=> )?(\/\S+) \(/g)].map(([, path = ""]) => path);
  for (const [from, to] of [[process.execPath, NODE], ...files.map((file) => [file, file])] as const) {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    cpSync(realpathSync(from), join(root, to));
  }
}

function settingsOf({ user, workdir, env, labels, cmd }: Stage): readonly string[] {
  const each = (name: string, values: readonly string[]) =>
    values.map((value) => `--config.${name}=${value}`);
  return [
    ...each("user", [user]),
    ...each("workingdir", [workdir]),
    ...each("env", env),
    ...each("label", labels),
    ...each("entrypoint", [NODE]),
    ...each("cmd", cmd),
  ];
}

function umoci(...args: string[]): void {
  const env = { PATH: "/usr/bin:/bin", SOURCE_DATE_EPOCH: EPOCH };
  execFileSync(findContainerTools().umoci, args, { env, stdio: ["ignore", "ignore", "pipe"] });
}
