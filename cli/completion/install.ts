import { existsSync, writeFileSync } from "node:fs";
import { posix, win32 } from "node:path";
import type { TerminalPlace } from "../frame/terminal.ts";

/** What the installation found or wrote. */
export interface InstalledCompletion {
  readonly path: string;
  /** Whether it was there before. */
  readonly isOld: boolean;
}

/**
 * Writes the program `kubectl_complete-serin` beside `kubectl-serin`: kubectl's own completion runs it for the words after
 * `kubectl serin`, if it finds it on the PATH. Changes nothing if there is one, such as that of the npm package. Throws an Error
 * that says where it cannot be.
 */
export function installCompletion(
  place: Pick<TerminalPlace, "environment" | "platform">,
): InstalledCompletion {
  const folder = folderOfPlugin(place);
  if (folder === undefined)
    throw new Error("kubectl-serin is not on the PATH, where kubectl looks for plugins and their completion");
  const { name, text, path } = programOn(place.platform);
  const file = path.join(folder, name);
  try {
    // Not through a link: npm's leads into its package.
    writeFileSync(file, text, { flag: "wx", mode: 0o755 });
    return { path: file, isOld: false };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST")
      return { path: file, isOld: true };
    throw new Error(`cannot write ${file}: run the command as a user who may write into ${folder}`, {
      cause: error,
    });
  }
}

/** The first folder of the PATH with the plugin, as kubectl looks for it. */
function folderOfPlugin({ environment, platform }: Pick<TerminalPlace, "environment" | "platform">) {
  const { path, plugins } = programOn(platform);
  const folders = (environment.PATH ?? "").split(path.delimiter).filter((folder) => folder !== "");
  return folders.find((folder) => plugins.some((name) => existsSync(path.join(folder, name))));
}

/** It finds the plugin by its name, so it stays right when the plugin is upgraded. */
function programOn(platform: string) {
  return platform === "win32"
    ? {
        path: win32,
        plugins: ["kubectl-serin.exe", "kubectl-serin.cmd"],
        name: "kubectl_complete-serin.cmd",
        text: "@kubectl-serin __complete %*\r\n",
      }
    : {
        path: posix,
        plugins: ["kubectl-serin"],
        name: "kubectl_complete-serin",
        text: '#!/bin/sh\nexec kubectl-serin __complete "$@"\n',
      };
}
