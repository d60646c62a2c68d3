/**
 * `npm run cluster [-- --no-serin]`: a cluster for a person. The programs run in namespaces of their own; API server,
 * gateway and Prometheus answer on free ports of 127.0.0.1 outside. Ends with Ctrl-C and leaves nothing behind.
 */
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { kubeconfig } from "./controlplane.ts";
import { demandRoot, passSignals, spawnInNamespace } from "./namespace.ts";
import { startRelay } from "./relay.ts";
import { findTools } from "./tools.ts";

demandRoot();
const dir = mkdtempSync(join(tmpdir(), "serin-cluster-"));
const child = spawnInNamespace(
  [join(import.meta.dirname, "serve.ts"), dir, ...process.argv.slice(2)],
  process.env,
);
const ended = once(child, "exit");
const asked = passSignals(child);

while (!existsSync(join(dir, "ready")) && child.exitCode === null && child.signalCode === null)
  await sleep(100);
if (existsSync(join(dir, "ready"))) await welcome();
const [code] = await ended;
if (asked()) rmSync(dir, { recursive: true });
else console.error(`The cluster ended; its logs are in ${dir}`);
process.exit(asked() ? 0 : (code ?? 1));

async function welcome(): Promise<void> {
  const [api, gateway, prometheus] = await Promise.all([
    outside("api"),
    outside("gateway"),
    outside("prometheus"),
  ]);
  const path = join(dir, "kubeconfig");
  const ca = join(dir, "certificates/apiserver.crt");
  const token = readFileSync(join(dir, "admin.token"), "utf8");
  writeFileSync(path, stringify(kubeconfig({ url: `https://${api}`, ca, token, serverName: "localhost" })));
  console.log(`
  export KUBECONFIG=${path}
  export PATH="$PATH:${join(findTools().program("kubectl"), "..")}"      # has kubectl
  curl -H 'Host: web.example' http://${gateway}      # the gateway edge/gw
  http://${prometheus}      # Prometheus

  Logs: ${dir}. Ctrl-C ends it all.
`);
}

/** Opens a port outside for one of the sockets inside, and says where. */
async function outside(name: string): Promise<string> {
  const server = await startRelay({ host: "127.0.0.1", port: 0 }, { path: join(dir, `${name}.sock`) });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
