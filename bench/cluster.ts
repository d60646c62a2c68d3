import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeContent } from "../release/bundle.ts";
import { type Cluster, type ClusterOptions, startCluster } from "../test/cluster/cluster.ts";

/**
 * Starts a cluster to measure on. Serin's pods run the programs of the image, as those of users do: node strips the types of
 * the repository's files itself, which takes memory and time that nobody has to pay.
 */
export async function startMeasured(name: string, options: Omit<ClusterOptions, "dir">): Promise<Cluster> {
  const dir = mkdtempSync(join(tmpdir(), `serin-${name}-`));
  const content = join(dir, "image");
  await writeContent(content);
  return startCluster({ dir, content, ...options });
}
