import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ports } from "../../cluster/addresses.ts";
import { gateways } from "../../cluster/gateways.ts";
import type { Output } from "../../cluster/kubectl.ts";
import { findHelm } from "../../cluster/tools.ts";
import type { Shop } from "../../stories/shop.ts";

const chart = join(import.meta.dirname, "chart");
const annotations = {
  "serin.dev/rollout": "canary",
  "serin.dev/interval": "2s",
  "serin.dev/steps": "25, 50",
  "serin.dev/compare": "off",
  "serin.dev/checks": "none",
};

/** A release of the user's chart in a shop, by one version of helm. */
export interface Release {
  /** `helm upgrade --install` with that image; any exit status is an answer. */
  upgrade(image: string, ...args: readonly string[]): Promise<Output>;
  /** Another command about the release. */
  run(command: string, ...args: readonly string[]): Promise<Output>;
  /** The status by `helm status`: deployed, failed, … */
  status(): Promise<string>;
}

/** The release in that shop; `plan` is added to the chart's annotations. */
export function releaseIn(shop: Shop, version: 3 | 4, plan: Readonly<Record<string, string>> = {}): Release {
  const { name, namespace } = gateways[shop.gateway];
  const values = {
    host: shop.host(),
    gateway: { name, namespace },
    annotations: { ...annotations, ...plan },
    port: ports.app,
  };
  const set = Object.entries(values).map(([key, value]) => `--set-json=${key}=${JSON.stringify(value)}`);
  const run: Release["run"] = (command, ...args) => helm(shop, version, [command, "web", ...args]);
  return {
    run,
    upgrade: (image, ...args) =>
      run("upgrade", chart, "--install", `--set=image=app:${image}`, ...set, ...args),
    async status() {
      const { stdout } = await run("status", "--output=json");
      return JSON.parse(stdout).info.status;
    },
  };
}

async function helm(shop: Shop, version: 3 | 4, args: readonly string[]): Promise<Output> {
  const { dir, kubeconfig } = shop.cluster;
  const home = join(dir, `helm${version}`);
  const child = spawn(findHelm(version), ["--namespace", shop.namespace, ...args], {
    env: { PATH: "/usr/bin:/bin", HOME: home, KUBECONFIG: kubeconfig },
  });
  const closed = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { code: child.exitCode ?? 1, stdout, stderr };
}
