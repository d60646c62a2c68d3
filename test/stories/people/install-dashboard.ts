import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import type { Pod } from "../../../kube/core/workloads.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import { repository } from "../../cluster/tools.ts";

/** The component `dashboard` of deploy/, beside the installation that is there. */
export class InstalledDashboard {
  readonly #cluster: Cluster;
  readonly #folder: string;

  private constructor(cluster: Cluster, folder: string) {
    this.#cluster = cluster;
    this.#folder = folder;
  }

  /** Installs it with more flags, and waits until it is Available. */
  static async install(cluster: Cluster, flags: readonly string[]): Promise<InstalledDashboard> {
    const folder = join(cluster.dir, "dashboard");
    mkdirSync(folder, { recursive: true });
    const patch = flags.map((value) => ({
      op: "add",
      path: "/spec/template/spec/containers/0/args/-",
      value,
    }));
    const kustomization = {
      apiVersion: "kustomize.config.k8s.io/v1beta1",
      kind: "Kustomization",
      components: [relative(folder, join(repository, "deploy/components/dashboard"))],
      patches: [{ target: { kind: "Deployment", name: "serin-dashboard" }, patch: stringify(patch) }],
    };
    writeFileSync(join(folder, "kustomization.yaml"), stringify(kustomization));
    const installed = new InstalledDashboard(cluster, folder);
    await installed.#run("apply", "-k", folder);
    await installed.#run("rollout", "status", "deployment/serin-dashboard", "--timeout=60s");
    return installed;
  }

  /** The address of its pod that is ready. */
  async url(): Promise<string> {
    const label = "app.kubernetes.io/name=serin-dashboard";
    const { items } = JSON.parse(await this.#run("get", "pods", "-l", label, "-o", "json")) as {
      items: Pod[];
    };
    const ready = items.find(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined &&
        status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
    );
    const { podIP } = (ready?.status ?? {}) as { podIP?: string };
    if (podIP === undefined) throw new Error("no pod of the dashboard is ready");
    return `http://${podIP}:3100`;
  }

  /** Ends its pod, and waits until another one is ready. */
  async restart(): Promise<void> {
    await this.#run("rollout", "restart", "deployment/serin-dashboard");
    await this.#run("rollout", "status", "deployment/serin-dashboard", "--timeout=60s");
  }

  async remove(): Promise<void> {
    await this.#run("delete", "-k", this.#folder, "--ignore-not-found", "--timeout=60s");
  }

  async #run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#cluster.kubectl(args, { namespace: "serin-system" });
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr.trim()}`);
    return stdout;
  }
}
