import { Pool } from "undici";
import { median } from "../statistics.ts";
import { type App, appsOf } from "./apps.ts";
import type { ExportedGateway } from "./gateways.ts";
import { type Asked, between, cpuOf, meter } from "./meter.ts";
import type { Scrape } from "./scraping.ts";

/** The cost of one look at all canaries, as the median of several looks. */
export interface Peer extends Asked {
  /** In ms. */
  readonly took: number;
  /** CPU time of Prometheus without scraping, in s. */
  readonly cpu: number;
}

const LOOKS = 3;
const CONNECTIONS = 4;

/**
 * One query per canary and metric, success rate and p99 over a minute, as Flagger's observers write them
 * (pkg/metrics/observers). `idle`: the CPU time that Prometheus takes for scraping, in s per s. Throws if Prometheus
 * refuses a query.
 */
export async function askPeer(
  scrape: Scrape,
  gateway: ExportedGateway,
  canaries: number,
  idle: number,
): Promise<Peer> {
  const pool = new Pool(scrape.url, { connections: CONNECTIONS });
  const asked = meter();
  const queries = appsOf(canaries).flatMap((app) => queriesOf(gateway, app));
  const looks: Peer[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    const [from, before, cpu] = [performance.now(), asked(), cpuOf(scrape.pid)];
    const left = queries.values();
    await Promise.all(Array.from({ length: CONNECTIONS }, () => askAll(pool, left)));
    const took = performance.now() - from;
    const used = cpuOf(scrape.pid) - cpu - (idle * took) / 1000;
    looks.push({ ...between(before, asked()), took, cpu: used });
  }
  await pool.close();
  const middle = (pick: (look: Peer) => number) => median(looks.map(pick));
  return {
    queries: middle((look) => look.queries),
    sent: middle(({ sent }) => sent),
    received: middle(({ received }) => received),
    took: middle(({ took }) => took),
    cpu: middle(({ cpu }) => cpu),
  };
}

async function askAll(pool: Pool, left: Iterable<string>): Promise<void> {
  for (const query of left) {
    const { statusCode, body } = await pool.request({
      path: "/api/v1/query",
      method: "POST",
      body: new URLSearchParams({ query }).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    const answer = (await body.json()) as { data?: { result?: readonly unknown[] } };
    if (statusCode !== 200 || answer.data?.result?.length !== 1) {
      throw new Error(`${statusCode} ${JSON.stringify(answer)} for ${query}`);
    }
  }
}

function queriesOf(gateway: ExportedGateway, app: App): readonly string[] {
  const { counter, histogram, codeLabel } = gateway;
  const canary = gateway.canary(app);
  return [
    `sum(rate(${counter}{${canary},${codeLabel}!~"5.."}[1m])) / sum(rate(${counter}{${canary}}[1m])) * 100`,
    `histogram_quantile(0.99, sum(rate(${histogram}{${canary}}[1m])) by (le))`,
  ];
}
