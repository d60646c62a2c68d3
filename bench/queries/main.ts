/**
 * `npm run bench:queries [-- --canaries 1000]` measures what this many canaries in flight behind one gateway cost
 * Prometheus and the controller, against one query per canary and metric. Takes two minutes a gateway, all on loopback,
 * and prints Markdown tables.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { nodeOptionsOf } from "../node-options.ts";
import { type ExportedGateway, exportedGateways } from "./gateways.ts";
import { cpuOf } from "./meter.ts";
import { askPeer } from "./peer.ts";
import { SCRAPE_MS, type Scrape, startScrape } from "./scraping.ts";
import type { Serin } from "./serin.ts";
import { type QueryFindings, queryTableOf } from "./table.ts";

const RUN_MS = 180_000;

const { values } = parseArgs({ options: { canaries: { type: "string", default: "1000" } } });
const canaries = Number(values.canaries);
if (!Number.isInteger(canaries) || canaries < 1)
  throw new Error(`--canaries: invalid value "${values.canaries}": use a whole number from 1 up`);
const dir = mkdtempSync(join(tmpdir(), "serin-queries-"));
try {
  for (const gateway of Object.values(exportedGateways))
    console.log(`${queryTableOf(await measure(gateway))}\n`);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
process.exit();

async function measure(gateway: ExportedGateway): Promise<QueryFindings> {
  // Progress goes to stderr, because the tables on stdout may be redirected.
  console.error(`bench: ${gateway.name}`);
  const scrape = await startScrape(dir, gateway, canaries);
  const stop = () => void scrape.stop().then(() => process.exit(1));
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    // A rate needs two scrapes, and the first scrape only creates the series.
    await sleep(2 * SCRAPE_MS);
    const [from, cpu] = [performance.now(), cpuOf(scrape.pid)];
    await sleep(2 * SCRAPE_MS);
    const idle = (cpuOf(scrape.pid) - cpu) / ((performance.now() - from) / 1000);
    const serin = await readAsSerin(scrape, gateway, idle);
    const peer = await askPeer(scrape, gateway, canaries, idle);
    return { gateway: gateway.name, canaries, serin, peer };
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    await scrape.stop();
  }
}

async function readAsSerin({ url, pid }: Scrape, { pack }: ExportedGateway, idle: number): Promise<Serin> {
  const args = [url, pid, pack, canaries, idle].map(String);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, "serin.ts"), ...args],
    { timeout: RUN_MS, env: { ...process.env, NODE_OPTIONS: nodeOptionsOf("controller") } },
  );
  return JSON.parse(stdout) as Serin;
}
