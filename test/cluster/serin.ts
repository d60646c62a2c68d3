import { join } from "node:path";
import type { Cluster } from "./cluster.ts";
import { type Overlay, writeOverlay } from "./overlay.ts";
import { repository } from "./tools.ts";

/** How long (s) Serin's pods may take to become Available, or to go. */
const PATIENCE_S = 60;

/**
 * Installs Serin from deploy/ with this overlay, by default without changes, and waits until it is Available. Throws with
 * kubectl's message and the folder of the containers' logs.
 */
export async function installSerin(cluster: Cluster, overlay: Overlay = {}): Promise<void> {
  await run(cluster, "apply", "-k", folderOf(cluster, overlay));
  const wait = ["wait", "deployments", "--all", "--for=condition=Available", `--timeout=${PATIENCE_S}s`];
  await run(cluster, "--namespace", overlay.namespace ?? "serin-system", ...wait);
}

/** Removes that installation and waits until its namespace is gone. Throws with kubectl's message. */
export async function removeSerin(cluster: Cluster, overlay: Overlay): Promise<void> {
  const timeout = `--timeout=${PATIENCE_S}s`;
  const namespace = ["--namespace", overlay.namespace ?? "serin-system"];
  // First, so that no process asks for what its account may no longer do.
  await run(cluster, ...namespace, "delete", "deployments", "--all", "--cascade=foreground", timeout);
  // The namespace controller deletes the contents of the namespace at the same time.
  await run(cluster, "delete", "-k", folderOf(cluster, overlay), "--ignore-not-found", timeout);
}

function folderOf({ dir }: Cluster, overlay: Overlay): string {
  if (Object.keys(overlay).length === 0) return join(repository, "deploy");
  const folder = join(dir, `overlay-${overlay.namespace ?? "serin-system"}`);
  writeOverlay(folder, overlay);
  return folder;
}

async function run({ kubectl, dir }: Cluster, ...args: string[]): Promise<void> {
  const { code, stderr } = await kubectl(args);
  if (code !== 0)
    throw new Error(`kubectl ${args.join(" ")}: ${stderr.trim()}\nlogs: ${join(dir, "kubelet")}`);
}
