import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import { parse, stringify } from "yaml";
import { ports } from "../../test/cluster/addresses.ts";
import type { Cluster } from "../../test/cluster/cluster.ts";
import { type Daemon, startDaemon } from "../../test/cluster/daemon.ts";

/** How often Prometheus scrapes, which is Serin's tick. */
export const TICK_MS = 5_000;

/**
 * Starts the exporter in the place of the cluster's Envoy, which Prometheus scrapes, and makes Prometheus log its queries.
 * Resolves with the exporter and a function that reads the log.
 */
export async function startMetrics(
  { dir }: Cluster,
  canaries: number,
  bad: number,
): Promise<{ readonly exporter: Daemon; readonly log: () => string }> {
  const script = join(import.meta.dirname, "../queries/exporter.ts");
  const args = [script, ports.envoyMetrics, "contour", canaries, bad].map(String);
  const exporter = startDaemon(dir, "exporter", process.execPath, args);
  await exporter.ready(`http://127.0.0.1:${ports.envoyMetrics}/`);
  const path = join(dir, "prometheus.yaml");
  const file = join(dir, "queries.log");
  const { scrape_configs } = parse(readFileSync(path, "utf8"));
  const interval = `${TICK_MS / 1_000}s`;
  const global = { scrape_interval: interval, scrape_timeout: interval, query_log_file: file };
  writeFileSync(path, stringify({ global, scrape_configs }));
  const { statusCode, body } = await request(`http://127.0.0.1:${ports.prometheus}/-/reload`, {
    method: "POST",
  });
  const answer = await body.text();
  if (statusCode !== 200) throw new Error(`Prometheus does not reload: ${answer}`);
  return { exporter, log: () => readFileSync(file, "utf8") };
}
