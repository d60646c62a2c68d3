import { join } from "node:path";
import type { Cluster } from "./cluster.ts";
import { repository } from "./tools.ts";

/**
 * Installs Serin from deploy/ without changes and waits until it is Available. Throws with kubectl's message and the
 * folder of the containers' logs.
 */
export async function installSerin({ kubectl, dir }: Cluster, timeoutSeconds = 60): Promise<void> {
  const run = async (...args: string[]) => {
    const { code, stderr } = await kubectl(args);
    if (code !== 0)
      throw new Error(`kubectl ${args.join(" ")}: ${stderr.trim()}\nlogs: ${join(dir, "kubelet")}`);
  };
  await run("apply", "-k", join(repository, "deploy"));
  const wait = ["wait", "deployments", "--all", "--for=condition=Available", `--timeout=${timeoutSeconds}s`];
  await run("--namespace", "serin-system", ...wait);
}
