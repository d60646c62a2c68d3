import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { repository } from "../cluster/tools.ts";
import type { Shop } from "../stories/shop.ts";

/** Runs the clean-up command as users do; returns its output. */
export async function cleanup({ cluster: { kubeconfig } }: Shop): Promise<string> {
  const args = [
    join(repository, "cli/main.ts"),
    "cleanup",
    "--kubeconfig",
    kubeconfig,
    "--patience-seconds",
    "60",
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  const output = await text(child.stdout);
  await closed;
  expect(child.exitCode, output).to.equal(0);
  return output;
}
