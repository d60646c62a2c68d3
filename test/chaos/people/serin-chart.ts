import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import type { Cluster } from "../../cluster/cluster.ts";
import { findHelm, repository } from "../../cluster/tools.ts";

/** The folder of Serin's own chart. */
export const CHART = join(repository, "deploy/chart");

/** Removes the installation that a shop begins with, for one by the chart. */
export async function withoutSerin({ kubectl }: Cluster): Promise<void> {
  const folder = join(repository, "deploy");
  const { code, stderr } = await kubectl(["delete", "-k", folder, "--ignore-not-found", "--timeout=90s"]);
  expect(code, stderr).to.equal(0);
}

/** Runs a version of helm in Serin's namespace. It fails with helm's message if helm fails. */
export function helmIn(
  { dir, kubeconfig }: Cluster,
  version: 3 | 4,
): (...args: readonly string[]) => Promise<void> {
  return async (...args) => {
    const child = spawn(findHelm(version), ["--namespace=serin-system", ...args], {
      env: { PATH: "/usr/bin:/bin", HOME: join(dir, `helm${version}`), KUBECONFIG: kubeconfig },
    });
    const closed = once(child, "close");
    const [, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    await closed;
    expect(child.exitCode, `helm ${args[0]}: ${stderr}`).to.equal(0);
  };
}
