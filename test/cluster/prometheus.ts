import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import { stringify } from "yaml";
import { ports } from "./addresses.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { untilReady } from "./health.ts";
import type { Tools } from "./tools.ts";

/** The cluster's Prometheus. Tests can stop and start it, and make it store the gateways' metrics under other labels. */
export interface Prometheus {
  /** Ends it as a restart of its pod would: its data stays on disk. */
  stop(): Promise<void>;
  /** Starts it again with its data and its configuration; resolves when it answers. */
  start(): Promise<void>;
  /**
   * Sets the rules for every series scraped from now on (`metric_relabel_configs`); without rules the gateways' own names
   * apply. A series that loses its name this way keeps its last value for the look-back of queries, 5 minutes.
   */
  relabel(rules: readonly object[]): Promise<void>;
  /** Scrapes these addresses (`host:port`) as well, from the next second on: the proxies of a gateway that started later. */
  scrape(addresses: readonly string[]): void;
  /** Scrapes Serin's programs at these addresses, from the next second on, as deploy/components/monitoring has it scraped. */
  scrapeSerin(addresses: readonly string[]): void;
}

/** A common mistake of configurations: the label that names the backend has another name. */
export const wrongLabels = [
  { source_labels: ["service"], regex: "(.+)", target_label: "backend" },
  { source_labels: ["envoy_cluster_name"], regex: "(.+)", target_label: "backend" },
  { action: "labeldrop", regex: "service|envoy_cluster_name" },
] as const;

/** `SERIN_SCRAPE` sets another interval, for measurements: the stories expect this one. */
const SCRAPE_INTERVAL = process.env.SERIN_SCRAPE ?? "2s";
const GRACE_MS = 10_000;
const url = `http://127.0.0.1:${ports.prometheus}`;

/** Starts Prometheus, which scrapes both gateways. */
export function startPrometheus(tools: Tools, dir: string): Prometheus & { readonly daemon: Daemon } {
  const path = join(dir, "prometheus.yaml");
  const targets = { proxies: join(dir, "targets.json"), serin: join(dir, "serin-targets.json") };
  for (const file of Object.values(targets)) writeFileSync(file, "[]");
  writeFileSync(path, configuration(targets, []));
  const daemon = startDaemon(dir, "prometheus", tools.program("prometheus"), [
    ...[`--config.file=${path}`, `--storage.tsdb.path=${join(dir, "prometheus")}`],
    ...[`--web.listen-address=0.0.0.0:${ports.prometheus}`, "--web.enable-lifecycle"],
  ]);
  return {
    daemon,
    stop: () => daemon.stop("SIGTERM", GRACE_MS),
    async start() {
      daemon.start();
      await untilReady(daemon);
    },
    async relabel(rules) {
      writeFileSync(path, configuration(targets, rules));
      const { statusCode, body } = await request(`${url}/-/reload`, { method: "POST" });
      const answer = await body.text();
      if (statusCode !== 200) throw new Error(`Prometheus does not reload: ${answer}`);
    },
    scrape: (addresses) => writeFileSync(targets.proxies, JSON.stringify([{ targets: addresses }])),
    scrapeSerin: (addresses) => writeFileSync(targets.serin, JSON.stringify([{ targets: addresses }])),
  };
}

function configuration(targets: { proxies: string; serin: string }, rules: readonly object[]): string {
  const job = (job_name: string, port: number, metrics_path = "/metrics") => ({
    job_name,
    metrics_path,
    static_configs: [{ targets: [`127.0.0.1:${port}`] }],
    metric_relabel_configs: rules,
  });
  const later = {
    job_name: "proxies",
    metrics_path: "/stats/prometheus",
    file_sd_configs: [{ files: [targets.proxies], refresh_interval: "1s" }],
    metric_relabel_configs: rules,
  };
  const serin = {
    ...{ job_name: "serin", honor_labels: true },
    file_sd_configs: [{ files: [targets.serin], refresh_interval: "1s" }],
  };
  const jobs = [
    job("traefik", ports.traefikMetrics),
    job("envoy", ports.envoyMetrics, "/stats/prometheus"),
    later,
    serin,
  ];
  return stringify({ global: { scrape_interval: SCRAPE_INTERVAL }, scrape_configs: jobs });
}
