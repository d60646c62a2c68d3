import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../../cluster/cluster.ts";
import { earlierImages, repository } from "../../cluster/tools.ts";

/** A version whose records and paths differ from those of today. SERIN_FROM names another commit, such as `HEAD~25`. */
const COMMIT = shortHashOf(process.env.SERIN_FROM ?? "6c7afc4");

/** The names of Serin's Deployments. */
export const SERIN = ["serin", "serin-controller"] as const;

function shortHashOf(revision: string): string {
  const args = ["rev-parse", "--short=7", "--verify", `${revision}^{commit}`];
  return execFileSync("git", args, { cwd: repository, encoding: "utf8" }).trim();
}

/**
 * The folder of an earlier version, whose deploy/ names an image that the test cluster runs from this folder. Throws if
 * the history does not reach that far (`git fetch --unshallow`).
 */
function earlierVersion(): string {
  const folder = join(earlierImages, `at-${COMMIT}`);
  if (existsSync(folder)) return folder;
  const unready = `${folder}.new`;
  mkdirSync(unready, { recursive: true });
  const archive = execFileSync("git", ["archive", COMMIT], { cwd: repository, maxBuffer: 2 ** 28 });
  execFileSync("tar", ["-x"], { cwd: unready, input: archive });
  // Its dependencies are among today's, at the same versions.
  const modules = join(repository, "node_modules");
  for (const name of readdirSync(modules).filter((each) => each !== ".cache"))
    cpSync(join(modules, name), join(unready, "node_modules", name), {
      recursive: true,
      verbatimSymlinks: true,
    });
  const file = join(unready, "deploy/deployment.yaml");
  const deployment = readFileSync(file, "utf8").replaceAll(/(image: .*\/serin):\S+/g, `$1:at-${COMMIT}`);
  writeFileSync(file, deployment);
  renameSync(unready, folder);
  return folder;
}

/** Applies the earlier version over whatever is installed. */
export async function applyEarlier(cluster: Cluster): Promise<void> {
  await apply(cluster, join(earlierVersion(), "deploy"));
}

/** Applies the present version over whatever is installed. */
export async function applyPresent(cluster: Cluster): Promise<void> {
  await apply(cluster, join(repository, "deploy"));
}

async function apply({ kubectl }: Cluster, folder: string): Promise<void> {
  const { code, stderr } = await kubectl(["apply", "-k", folder]);
  if (code !== 0) throw new Error(`kubectl apply -k ${folder}: ${stderr}`);
}

/** Waits until each Deployment of Serin has only pods of its newest version. */
export async function rolledOut({ kubectl }: Cluster): Promise<void> {
  for (const name of SERIN) {
    const args = ["rollout", "status", `deployment/${name}`, "--timeout=90s"];
    const { code, stderr } = await kubectl(args, { namespace: "serin-system" });
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  }
}
