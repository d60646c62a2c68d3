import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { findContainerTools } from "../tools.ts";

/** The parts of an OCI runtime configuration that a container changes. */
interface RuntimeConfig {
  readonly process: { readonly args: readonly string[]; readonly env: readonly string[] } & Fields;
  readonly root: Fields;
  readonly mounts: readonly { readonly destination: string; readonly type?: string }[];
  readonly linux: { readonly namespaces: readonly { readonly type: string }[] } & Fields;
}
type Fields = Readonly<Record<string, unknown>>;

/** A container of an image, as the manifests of deploy/ ask for it: without capabilities, and with a read-only root. */
export interface PackedContainer {
  /** The folder that `unpackImage` filled. */
  readonly image: string;
  /** The arguments, in place of the image's. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The user's number; that of the image by default. */
  readonly user?: number;
  /** Whether it shares the network of its caller; otherwise it has none. */
  readonly sharesNetwork?: boolean;
  /** Files and folders of this machine, by their places in the container. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Writes a bundle into `folder`, and returns the command that runs it as `id` in the foreground. */
export function packedCommand(folder: string, id: string, container: PackedContainer): readonly string[] {
  const { image, args, env = {}, user, sharesNetwork = false, files = {} } = container;
  const base = JSON.parse(readFileSync(join(image, "config.json"), "utf8")) as RuntimeConfig;
  const [entrypoint = ""] = base.process.args;
  const config = {
    ...base,
    process: {
      ...base.process,
      args: [entrypoint, ...args],
      env: [...base.process.env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
      ...(user !== undefined && { user: { uid: user, gid: user } }),
      capabilities: { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] },
      noNewPrivileges: true,
      terminal: false,
    },
    root: { path: resolve(image, "rootfs"), readonly: true },
    mounts: [
      ...base.mounts.filter(({ type }) => type !== "cgroup"),
      ...Object.entries(files).map(([destination, source]) => ({
        ...{ destination, source, type: "bind", options: ["bind", "ro"] },
      })),
    ],
    linux: {
      ...base.linux,
      resources: {},
      namespaces: base.linux.namespaces.filter(
        ({ type }) => type !== "cgroup" && !(sharesNetwork && type === "network"),
      ),
    },
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  // Rootless: a container of this machine may have no cgroups to write.
  return [
    findContainerTools().runc,
    "--rootless=true",
    "--root",
    join(folder, "state"),
    "run",
    "--bundle",
    folder,
    id,
  ];
}
