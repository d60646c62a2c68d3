import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { request } from "undici";
import { dashboards } from "../../docs/dashboard-plans.ts";
import { findTools } from "../cluster/tools.ts";
import { eventually } from "../cluster/wait.ts";
import type { Shop } from "./shop.ts";

const PODS = "/api/v1/namespaces/serin-system/pods";
const METRICS_PORT = 8080;
/** Two scrapes on a loaded machine. */
const SEEN_MS = 30_000;

interface Pods {
  readonly items: readonly { readonly status: { readonly podIP?: string } }[];
}

/**
 * Expects that every query of the dashboards answers with series, and that promtool accepts the metrics of both programs. A
 * rollout must be in flight, and another one must have ended.
 */
export async function expectPanels({ cluster, namespace }: Shop): Promise<void> {
  const { items } = await cluster.api.demand<Pods>("GET", PODS);
  const addresses = items.flatMap(({ status }) => status.podIP ?? []).map((ip) => `${ip}:${METRICS_PORT}`);
  cluster.prometheus.scrapeSerin(addresses);
  try {
    for (const address of addresses) {
      const { body } = await request(`http://${address}/metrics`);
      const input = await body.text();
      const checked = execFileSync(findTools().program("promtool"), ["check", "metrics"], { input });
      expect(checked.toString(), address).to.equal("");
    }
    const graphs = Object.values(dashboards).flatMap((plan) => plan.graphs);
    for (const { title, queries } of graphs) {
      for (const [expr] of queries) {
        const query = expr.replaceAll("$namespace", namespace).replaceAll("$deployment", ".*");
        await eventually(
          `series of "${title}": ${query}`,
          async () => (await seriesOf(query)) || undefined,
          SEEN_MS,
        );
      }
    }
  } finally {
    cluster.prometheus.scrapeSerin([]);
  }

  async function seriesOf(query: string): Promise<number> {
    const asked = new URLSearchParams({ query });
    const { body } = await request(`${cluster.prometheusUrl}/api/v1/query?${asked}`);
    const { data } = (await body.json()) as { data: { result: readonly object[] } };
    return data.result.length;
  }
}
