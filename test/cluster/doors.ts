import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { addresses, ports } from "./addresses.ts";
import { kubeconfig } from "./controlplane.ts";
import { startRelay } from "./relay.ts";
import { findTools } from "./tools.ts";

/** The endpoints that a user can reach from outside the namespaces. */
const doors = ["api", "gateway", "prometheus"] as const;

/** The address outside, `127.0.0.1:port`, of each door. */
type Outside = Readonly<Record<(typeof doors)[number], string>>;

const POLL_MS = 100;
const OUTSIDE_MS = 10_000;

/**
 * Opens the running cluster in `dir` to the outside: one Unix socket for each door, to which `joinDoors` connects a port.
 * Resolves with commands for another shell. Rejects if no `joinDoors` answers, which main.ts starts.
 */
export async function openDoors(dir: string): Promise<string> {
  for (const door of doors) {
    await startRelay({ path: socketOf(dir, door) }, { host: addresses.host, port: ports[door] });
  }
  writeWhole(join(dir, "doors-inside"), "");
  return welcome(dir, JSON.parse(await readWhenThere(join(dir, "doors-outside"))));
}

/** The other half, outside the namespaces: waits for `openDoors` until `signal` aborts, then opens a port for each door. */
export async function joinDoors(dir: string, signal: AbortSignal): Promise<void> {
  while (!existsSync(join(dir, "doors-inside"))) {
    if (signal.aborted) return;
    await sleep(POLL_MS);
  }
  const opened = doors.map(async (door) => {
    const server = await startRelay({ host: "127.0.0.1", port: 0 }, { path: socketOf(dir, door) });
    return [door, `127.0.0.1:${(server.address() as AddressInfo).port}`] as const;
  });
  writeWhole(join(dir, "doors-outside"), JSON.stringify(Object.fromEntries(await Promise.all(opened))));
}

function welcome(dir: string, { api, gateway, prometheus }: Outside): string {
  const path = join(dir, "kubeconfig");
  const ca = join(dir, "certificates/apiserver.crt");
  const token = readFileSync(join(dir, "admin.token"), "utf8");
  writeFileSync(path, stringify(kubeconfig({ url: `https://${api}`, ca, token, serverName: "localhost" })));
  return `
  export KUBECONFIG=${path}
  export PATH="$PATH:${join(findTools().program("kubectl"), "..")}"      # has kubectl
  curl -H 'Host: web.example' http://${gateway}      # the gateway edge/gw
  http://${prometheus}      # Prometheus

  Logs: ${dir}. Ctrl-C stops the cluster.
`;
}

async function readWhenThere(path: string): Promise<string> {
  for (let waited = 0; waited < OUTSIDE_MS; waited += POLL_MS) {
    if (existsSync(path)) return readFileSync(path, "utf8");
    await sleep(POLL_MS);
  }
  throw new Error("main.ts opened no ports outside the namespaces in time");
}

/** Writes a file at once: the other side must never read a part of it. */
function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}

function socketOf(dir: string, door: string): string {
  return join(dir, `${door}.sock`);
}
