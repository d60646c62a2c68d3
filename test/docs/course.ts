import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildPlugin } from "../../release/plugin.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { gateways } from "../cluster/gateways.ts";
import { findHelm, findTools, repository } from "../cluster/tools.ts";
import { type Block, blocksOf, isShown } from "./blocks.ts";
import { Shell } from "./shell.ts";
import { skipOf } from "./skips.ts";

/** How long one command of a page may take, in ms. A wait for a verdict is the longest. */
const LIMIT_MS = 200_000;

/** The pages' own words about each block as it runs. */
export type Told = (sentence: string) => void;

/** A reader's terminal: kubectl, helm and the plugin on the PATH, a kubeconfig, an empty folder, and the gateway's address. */
export async function openTerminal(cluster: Cluster): Promise<Shell> {
  const home = join(cluster.dir, "reader");
  const bin = join(home, "bin");
  mkdirSync(join(home, "work"), { recursive: true });
  await buildPlugin(bin);
  for (const [name, program] of [
    ["kubectl", findTools().program("kubectl")],
    ["helm", findHelm(4)],
  ] as const)
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${program} "$@"\n`, { mode: 0o755 });
  const kubeconfig = join(home, "kubeconfig");
  cpSync(cluster.kubeconfig, kubeconfig);
  return new Shell(join(home, "work"), {
    PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`,
    HOME: home,
    LANG: "C.UTF-8",
    KUBECONFIG: kubeconfig,
    GATEWAY: cluster.gatewayUrl,
  });
}

/** Makes the Gateway that the quick start makes with Traefik's chart, on the Traefik of the test cluster. */
export async function prepareGateway({ api }: Cluster): Promise<void> {
  const namespace = "traefik";
  await api.demand("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
  const listener = {
    ...{ name: "web", protocol: "HTTP", port: gateways.traefik.listenerPort },
    allowedRoutes: { namespaces: { from: "All" } },
  };
  await api.demand("POST", `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/gateways`, {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name: "traefik-gateway" },
    spec: { gatewayClassName: "traefik", listeners: [listener] },
  });
}

/** The blocks of a page of the repository. */
export function readBlocks(page: string): readonly Block[] {
  return blocksOf(page, readFileSync(join(repository, page), "utf8"));
}

/** Does what a page asks of its reader. Throws an Error with the page, the line and the output if the page is not right. */
export async function runPage(page: string, shell: Shell, tell: Told = () => {}): Promise<void> {
  for (const block of readBlocks(page)) {
    const skip = skipOf(block);
    if (skip !== undefined) tell(`skipped ${page}:${block.line}: ${skip.reason}`);
    else if (block.kind === "file")
      await shell.run(`cat >${block.name} <<'END-OF-FILE'\n${block.text}END-OF-FILE`, LIMIT_MS);
    else
      for (const { line, text, expected } of block.commands) {
        const begun = performance.now();
        const { code, output } = await shell.run(text, LIMIT_MS);
        tell(`${page}:${line}: $ ${text} (${((performance.now() - begun) / 1_000).toFixed(1)} s)\n${output}`);
        const problem =
          code !== 0
            ? `exit code ${code}`
            : expected && !isShown(expected, output)
              ? `the page shows:\n${expected.join("\n")}`
              : undefined;
        if (problem !== undefined) throw new Error(`${page}:${line}: ${text}\n${output}\n${problem}`);
      }
  }
}
