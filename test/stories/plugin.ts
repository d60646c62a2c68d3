import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { buildPlugin } from "../../release/plugin.ts";
import { kubectlFor, type Output } from "../cluster/kubectl.ts";
import { findTools } from "../cluster/tools.ts";
import { noteSentences, sentencesOf } from "./sentences.ts";
import type { Shop } from "./shop.ts";

let built: Promise<string> | undefined;

/** The folder with the bundle of `kubectl serin` as npm installs it, built once. */
function plugin({ cluster: { dir } }: Shop): Promise<string> {
  const folder = join(dir, "plugin");
  built ??= buildPlugin(folder).then(() => folder);
  return built;
}

/** Runs `kubectl serin` in the shop's namespace by the real kubectl, which finds the bundle on its PATH, and catches up. */
export async function serin(shop: Shop, ...args: string[]): Promise<Output> {
  const { dir, kubeconfig } = shop.cluster;
  const path = `${await plugin(shop)}:${join(process.execPath, "..")}:/usr/bin:/bin`;
  const kubectl = kubectlFor(findTools().program("kubectl"), kubeconfig, dir, path);
  const [first = "", ...rest] = args;
  // kubectl takes no flag before a plugin's name.
  const line = first === "__complete" ? [first, "serin", ...rest] : ["serin", ...args, "-n", shop.namespace];
  const output = await kubectl(line);
  noteSentences(sentencesOf(output.stderr));
  if (output.code === 0) await shop.catchUp();
  return output;
}

/** The same for a command that waits: resolves with its first output, which shows that it has begun. */
export async function startSerin(shop: Shop, ...args: string[]): Promise<{ readonly done: Promise<Output> }> {
  const [command = "", ...rest] = args;
  const child = spawn(process.execPath, ["cli/main.ts", command, "-n", shop.namespace, ...rest], {
    env: { PATH: "/usr/bin:/bin", KUBECONFIG: shop.cluster.kubeconfig, LANG: "C.UTF-8" },
  });
  const closed = once(child, "close");
  const begun = Promise.race([once(child.stdout, "data"), once(child.stdout, "end")]);
  const done = Promise.all([text(child.stdout), text(child.stderr), closed]).then(([stdout, stderr]) => ({
    code: child.exitCode ?? 1,
    stdout,
    stderr,
  }));
  await begun;
  return { done };
}
