import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { stringify } from "yaml";
import { startDaemon } from "../../test/cluster/daemon.ts";
import { findTools } from "../../test/cluster/tools.ts";
import type { ExportedGateway } from "./gateways.ts";

/** A Prometheus that scrapes a gateway's metrics, on loopback. */
export interface Scrape {
  readonly url: string;
  /** The process id of Prometheus. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** How often Prometheus scrapes. */
export const SCRAPE_MS = 5_000;
const GRACE_MS = 5_000;

/** Starts both in a folder; resolves when both answer. */
export async function startScrape(dir: string, gateway: ExportedGateway, canaries: number): Promise<Scrape> {
  const [target, port] = [await freePort(), await freePort()];
  const script = join(import.meta.dirname, "exporter.ts");
  const exporter = startDaemon(dir, `exporter-${gateway.pack}`, process.execPath, [
    ...[script, String(target), gateway.pack, String(canaries)],
  ]);
  const config = join(dir, `${gateway.pack}.yaml`);
  const scrape = { job_name: "gateway", static_configs: [{ targets: [`127.0.0.1:${target}`] }] };
  const interval = `${SCRAPE_MS / 1000}s`;
  writeFileSync(
    config,
    stringify({
      global: { scrape_interval: interval, scrape_timeout: interval },
      scrape_configs: [scrape],
    }),
  );
  const prometheus = startDaemon(dir, `prometheus-${gateway.pack}`, findTools().program("prometheus"), [
    ...[`--config.file=${config}`, `--storage.tsdb.path=${join(dir, gateway.pack)}`],
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const stop = async () => {
    await prometheus.stop("SIGTERM", GRACE_MS);
    await exporter.stop("SIGTERM", GRACE_MS);
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await exporter.ready(`http://127.0.0.1:${target}/metrics`);
    await prometheus.ready(`${url}/-/ready`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, pid: prometheus.pid, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
